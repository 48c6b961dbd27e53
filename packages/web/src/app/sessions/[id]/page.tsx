import { SessionId } from "@browservm/contract";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SessionPage } from "../../../components/session/session-page.tsx";

export const metadata: Metadata = { title: "Session" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = SessionId.safeParse((await params).id);
  if (!id.success) notFound();
  return <SessionPage key={id.data} id={id.data} />;
}
