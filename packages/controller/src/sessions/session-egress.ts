import {
  type EgressPolicy,
  EgressReport,
  egressDefault,
  type NewEgress,
  type SessionId,
} from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { ProxyVault } from "../vault/proxy-vault.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { inWordsOfSessions, notReady } from "./not-ready.ts";
import type { ProxyHandover } from "./proxy-handover.ts";
import { awaitsClaim, type SessionRecord } from "./session-record.ts";
import { sessionStore } from "./session-store.ts";
import type { SessionWriter } from "./session-writer.ts";

export interface EgressDeps {
  readonly store: Store;
  readonly host: HostClient;
  readonly writer: SessionWriter;
  readonly proxies: ProxyVault;
  readonly handover: Pick<ProxyHandover, "tell">;
}

/** Where sessions may go: looking at it, and changing it while they run. */
export class SessionEgress {
  readonly #deps: EgressDeps;
  readonly #locks = new KeyedLock();

  constructor(deps: EgressDeps) {
    this.#deps = deps;
  }

  /** Of one that is over, what it had last. SESSION_NOT_READY while it has no VM yet. */
  async report(id: SessionId): Promise<EgressReport> {
    const record = await sessionStore.get(this.#deps.store, id);
    if (record.endedAt !== null) return lastOf(record);
    // A VM that was chosen and not yet handed out is not the session's to look at.
    if (awaitsClaim(record)) throw notReady(record);
    return inWordsOfSessions(record, () => this.#deps.host.egress(record.vmId));
  }

  /** A policy as it may be stored, of a session that is about to be. PROXY_CREDENTIALS_UNKNOWN, VAULT_LOCKED. */
  async keepIn<Request extends { readonly egress?: NewEgress | undefined }>({ egress, ...rest }: Request) {
    return egress ? { ...rest, egress: await this.#deps.proxies.keep(egress) } : rest;
  }

  /** Answers when it is in force, of a paused session when it will be. SESSION_NOT_READY, and the errors of proxies. */
  set(id: SessionId, wanted: NewEgress | null): Promise<EgressReport> {
    return this.#locks.run(id, async () => {
      const { store, host, writer, proxies, handover } = this.#deps;
      const record = await sessionStore.get(store, id);
      if (record.status !== "ready" && record.status !== "paused") throw notReady(record);
      const policy = wanted && (await proxies.keep(wanted, record.request.egress));
      await handover.tell(policy);
      const report = await inWordsOfSessions(record, () => host.setEgress(record.vmId, policy));
      // A fork of it begins with what it has now.
      await writer.change(id, {
        next: (before) => withEgress(before, policy),
        events: () => [{ type: "session.egress", data: { policy } }],
      });
      return report;
    });
  }
}

function lastOf({ request: { egress } }: SessionRecord): EgressReport {
  return EgressReport.parse({
    policy: egress ?? null,
    default: egress ? egressDefault(egress) : "allow",
    inForce: false,
    refused: { packets: 0, bytes: 0 },
    learned: [],
    counts: {},
    queries: [],
  });
}

function withEgress(record: SessionRecord, policy: EgressPolicy | null): SessionRecord {
  const { egress: _, ...request } = record.request;
  return { ...record, request: { ...request, ...(policy ? { egress: policy } : {}) } };
}
