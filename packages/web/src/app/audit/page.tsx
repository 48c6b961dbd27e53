import { ConnectionId } from "@browservm/contract";
import type { Metadata } from "next";
import { AuditPage } from "../../components/audit/audit-page.tsx";

export const metadata: Metadata = { title: "Audit log" };

interface PageProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function Page({ searchParams }: PageProps) {
  const connection = ConnectionId.safeParse((await searchParams).connection).data;
  return <AuditPage key={connection ?? ""} {...(connection === undefined ? {} : { connection })} />;
}
