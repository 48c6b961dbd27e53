import { ConnectionId } from "@browservm/contract";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ConnectionPage } from "../../../components/connections/connection-page.tsx";

export const metadata: Metadata = { title: "Connection" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = ConnectionId.safeParse((await params).id);
  if (!id.success) notFound();
  return <ConnectionPage key={id.data} id={id.data} />;
}
