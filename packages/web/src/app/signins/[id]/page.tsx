import { SigninId } from "@browservm/contract";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SigninPage } from "../../../components/signins/signin-page.tsx";

export const metadata: Metadata = { title: "Sign-in" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = SigninId.safeParse((await params).id);
  if (!id.success) notFound();
  return <SigninPage key={id.data} id={id.data} />;
}
