"use client";
import type { Me } from "@browservm/contract";
import { useEffect, useState } from "react";
import { client } from "./client.ts";

/** Who looks at this page; null until the API has said it. */
export function useMe(): Me | null {
  const [me, setMe] = useState<Me | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    // who is unknown may do nothing more: other calls lead to the sign-in page
    client.me({ signal: ended.signal }).then(setMe, () => {});
    return () => ended.abort();
  }, []);
  return me;
}
