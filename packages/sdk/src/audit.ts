import { AuditEntry, type AuditVerdict, apiRoutes, type ReplyOf } from "@browservm/contract";
import { readNdjson } from "./transport/read-ndjson.ts";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export interface AuditOptions {
  readonly connection?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: number;
  readonly limit?: number;
}

/** `/v1/audit`: what was done with connections, and by whom. For admins. */
export class Audit {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** One page, newest first. */
  list(query: AuditOptions = {}, options?: CallOptions): Promise<ReplyOf<typeof apiRoutes.listAudit>> {
    return this.#client.call(apiRoutes.listAudit, { query: { ...query } }, options);
  }

  /** Every entry, oldest first. */
  async *export(options?: CallOptions): AsyncGenerator<AuditEntry, void, undefined> {
    const reply = await this.#client.stream(apiRoutes.exportAudit, {}, options);
    yield* readNdjson(reply.body, AuditEntry);
  }

  /** Whether every entry is as it was written. */
  verify(options?: CallOptions): Promise<AuditVerdict> {
    return this.#client.call(apiRoutes.verifyAudit, {}, options);
  }
}
