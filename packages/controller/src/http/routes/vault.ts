import { Readable } from "node:stream";
import { type AuditEntry, apiRoutes } from "@browservm/contract";
import { askerOf } from "../../audit/asker.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** The vault's key, and the audit log. */
export function serveVault(rows: RowServer, { vault }: Parts): void {
  const { audit } = vault;
  rows.serve(apiRoutes.vault, () => vault.status());
  rows.serve(apiRoutes.rotateVault, ({ principal, request }) => vault.rotate(askerOf(principal, request.id)));
  rows.serve(apiRoutes.listAudit, ({ query }) => audit.list(query));
  rows.serve(apiRoutes.verifyAudit, () => audit.verify());
  rows.serve(apiRoutes.exportAudit, async ({ principal, request, reply }) => {
    await audit.record({ action: "audit.exported", by: askerOf(principal, request.id) });
    return reply.type("application/x-ndjson").send(Readable.from(lines(audit.all())));
  });
}

async function* lines(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}
