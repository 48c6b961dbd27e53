"use client";
import type { BrowserVmError } from "@browservm/contract";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Leads to the sign-in page as soon as the API does not know who asks. */
export function useSignIn(error: BrowserVmError | null): void {
  const router = useRouter();
  const isStranger = error?.code === "UNAUTHENTICATED";
  useEffect(() => {
    if (isStranger) router.replace("/login");
  }, [isStranger, router]);
}
