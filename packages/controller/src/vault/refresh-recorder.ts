import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { OAuthSecret } from "./connection-secret.ts";
import { type Finding, healthEvent, writeHealth } from "./health.ts";
import type { OpenConnection } from "./open-connection.ts";
import type { FreshTokens, RefreshAnswer } from "./provider.ts";
import type { Refusal } from "./provider-refusal.ts";
import type { HeldLease, RefreshLease } from "./refresh-lease.ts";
import type { SecretWriter } from "./secret-writer.ts";

export interface RecorderDeps {
  readonly writer: SecretWriter;
  readonly lease: RefreshLease;
  readonly log: Logger;
}

export interface Recording {
  readonly lease: HeldLease;
  readonly found: OpenConnection<"oauth">;
  readonly answer: RefreshAnswer;
  readonly by: Asker;
}

const TRIES = 3;
const AGAIN_MS = 100;

/** Stores what came of a refresh: the new tokens before anybody gets them, or why there are none. */
export class RefreshRecorder {
  readonly #deps: RecorderDeps;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** What is stored now. CONNECTION_NEEDS_USER or PROVIDER_DOWN, when the provider gave nothing. */
  async record(recording: Recording): Promise<OpenConnection<"oauth">> {
    const { answer } = recording;
    if (answer.is !== "tokens") return this.#refused(recording, answer);
    // The refresh token before is used up: what cannot be stored now is lost.
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await this.#stored(recording, answer);
      } catch (error) {
        if (left === 0 || isBrowserVmError(error)) throw error;
        this.#deps.log.warn({ err: error }, "fresh tokens could not be stored, trying again");
        await sleep(AGAIN_MS);
      }
    }
  }

  async #stored({ lease, found, by }: Recording, answer: FreshTokens): Promise<OpenConnection<"oauth">> {
    const { row } = found;
    const secret = renewed(found.secret, answer, Date.now());
    const version = row.version + 1;
    await this.#deps.writer.write({ ...row, version }, secret, async (envelope, trx, append) => {
      if (!(await this.#deps.lease.finish(trx, lease))) throw overtaken(row.id);
      const { numUpdatedRows } = await trx
        .updateTable("connection")
        .set({ ...envelope, version, ...shown(secret), ...WELL, health_at: secret.obtainedAt })
        .where("id", "=", row.id)
        .where("version", "=", row.version)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw overtaken(row.id);
      await appendAudit(trx, {
        action: "connection.refreshed",
        by,
        connectionId: row.id,
        details: { version },
      });
      if (row.health !== "ok") await append(healthEvent(row.id, row.health, "ok"));
    });
    // As it was stored: the envelope is another one now, which nobody here needs.
    return { row: { ...row, version, ...shown(secret), ...WELL }, secret };
  }

  async #refused({ lease, found, by }: Recording, refusal: Refusal): Promise<never> {
    const { row } = found;
    const health = judge(refusal, lease.unfinished === row.version);
    await this.#deps.writer.change(async (trx, append) => {
      const isUnused = refusal.is !== "down" || refusal.isUnsent === true;
      if (isUnused && lease.unfinished !== row.version) await this.#deps.lease.finish(trx, lease);
      await writeHealth(trx, append, { row, found: health, by });
      const details = { health: health.health, reason: refusal.reason };
      await appendAudit(trx, { action: "connection.refresh_failed", by, connectionId: row.id, details });
    });
    const words = `connection ${row.id}: ${health.reason}`;
    const code = refusal.is === "down" ? "PROVIDER_DOWN" : "CONNECTION_NEEDS_USER";
    throw new BrowserVmError(code, words, { health: health.health, reason: refusal.reason });
  }
}

const WELL = { health: "ok", health_reason: null } as const;

/** The columns that show what is in the secret. */
const shown = ({ expiresAt, scopes, refreshToken, obtainedAt }: OAuthSecret) => ({
  expires_at: expiresAt,
  scopes_json: JSON.stringify(scopes),
  renewable: refreshToken === null ? 0 : 1,
  rotated_at: obtainedAt,
});

function renewed(before: OAuthSecret, answer: FreshTokens, now: number): OAuthSecret {
  const { accessToken, refreshToken, expiresInSeconds, scopes } = answer;
  return {
    ...before,
    accessToken,
    refreshToken: refreshToken ?? before.refreshToken,
    // From our own clock and the provider's length of time: whether their clocks agree does not matter.
    expiresAt: expiresInSeconds === null ? null : new Date(now + expiresInSeconds * 1000).toISOString(),
    obtainedAt: new Date(now).toISOString(),
    scopes: scopes === null ? before.scopes : [...scopes],
  };
}

/** `isUnfinished`: the same refresh token was sent before, and what came of that nobody knows. */
function judge({ is, reason }: Refusal, isUnfinished: boolean): Finding {
  if (is === "down") return { health: "provider_down", reason };
  if (is === "user") return { health: "needs_user", reason };
  if (isUnfinished)
    return {
      health: "refresh_reused",
      reason: "its refresh token was used up by a refresh whose answer never got here",
    };
  return { health: "revoked", reason: "the provider refuses its refresh token" };
}

const overtaken = (id: string) =>
  new BrowserVmError(
    "CONNECTION_NOT_FOUND",
    `connection ${id} was deleted or taken over while it was refreshed`,
  );
