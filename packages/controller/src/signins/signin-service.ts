import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  type CreateSignin,
  DEFAULT_PROJECT,
  makeId,
  SigninId,
  type SigninProvider,
} from "@browservm/contract";
import type { Asker } from "../audit/audit-log.ts";
import { requireFreeName } from "../profiles/profile-store.ts";
import type { Store } from "../store/store.ts";
import type { SecretWriter } from "../vault/secret-writer.ts";
import type { Vault } from "../vault/vault.ts";
import type { Chosen, SigninChoice } from "./signin-choice.ts";
import { isUnfinished, type SigninRecord, toRecord } from "./signin-record.ts";
import type { SigninRunner } from "./signin-runner.ts";
import { keepSealed, openSignin } from "./signin-secret.ts";
import { type SigninQuery, signinStore } from "./signin-store.ts";
import { audit, changeSignin, type SigninWriter } from "./signin-writer.ts";

export interface SigninServiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly secrets: SecretWriter;
  readonly writer: SigninWriter;
  readonly choice: SigninChoice;
  readonly runner: SigninRunner;
  /** As many as may go on at one time. */
  readonly atOnce: number;
}

/** Sign-ins: begun, looked at, given up, begun anew. */
export class SigninService {
  readonly #deps: SigninServiceDeps;

  constructor(deps: SigninServiceDeps) {
    this.#deps = deps;
  }

  /** Writes it down and begins; refuses what cannot succeed before there is a VM. */
  async create(request: CreateSignin, by: Asker): Promise<SigninRecord> {
    const { secrets, choice, runner } = this.#deps;
    const chosen = await choice.choose(request);
    const record = newRecord(request, chosen, by);
    await this.#refuseTakenProfile(record);
    const secret = { settings: chosen.settings, flow: null };
    await keepSealed(secrets, secret, record, async (sealed, trx, append) => {
      await this.#refuseTooMany(trx);
      await signinStore.insert(trx, record, sealed);
      await audit(trx, record, by, "started");
      await append({
        subject: record.id,
        type: "signin.state",
        data: { from: null, to: "starting", attempt: 1 },
      });
    });
    runner.start(record.id);
    return record;
  }

  get(id: SigninId): Promise<SigninRecord> {
    return signinStore.get(this.#deps.store, id);
  }

  list(query: SigninQuery) {
    return signinStore.list(this.#deps.store, query);
  }

  providers(): readonly SigninProvider[] {
    return this.#deps.choice.providers();
  }

  /** Its page is still open. Of no effect when it is over. */
  heartbeat(id: SigninId): Promise<SigninRecord> {
    return this.#deps.writer.change(id, {
      next: (record) =>
        isUnfinished(record.state) ? { ...record, heartbeatAt: new Date().toISOString() } : undefined,
    });
  }

  /** Its person has signed in. SIGNIN_WRONG_STATE, unless somebody could. */
  async confirm(id: SigninId): Promise<SigninRecord> {
    const record = await this.#deps.writer.change(id, {
      next: (before) => {
        if (before.state !== "awaiting_user") throw wrongState(before, "confirmed");
        return { ...before, isConfirmed: true };
      },
    });
    this.#deps.runner.confirm(id);
    return record;
  }

  /** Answers when its session is gone, or is going as soon as its host can be reached. SIGNIN_WRONG_STATE when completed. */
  async cancel(id: SigninId, by: Asker): Promise<SigninRecord> {
    const { writer, runner } = this.#deps;
    await writer.change(id, {
      by,
      next: (before) => {
        if (before.state === "completed") throw wrongState(before, "cancelled");
        return isUnfinished(before.state) ? { ...before, state: "cancelled" } : undefined;
      },
    });
    await runner.stop(id);
    return this.get(id);
  }

  /** A fresh attempt. SIGNIN_WRONG_STATE, unless the last one has failed, timed out or was cancelled; PROFILE_EXISTS. */
  async retry(id: SigninId, by: Asker): Promise<SigninRecord> {
    const { store, secrets, vault, choice, runner } = this.#deps;
    const row = await signinStore.row(store, id);
    const before = toRecord(row);
    const { connectionId, renews, project } = before;
    refuseNoRetry(before);
    const { settings } = await openSignin(vault, row);
    await choice.check(settings, renews ? connectionId : null);
    await runner.stop(id);
    // What the attempt before has left would be forgotten.
    await runner.cleanUp(id);
    await this.#refuseTakenProfile(before);
    const at = { id, project, version: row.version + 1 };
    const record = await keepSealed(secrets, { settings, flow: null }, at, async (sealed, trx, append) => {
      await this.#refuseTooMany(trx);
      const after = await changeSignin(trx, append, { id, sealed, next: (now) => anew(now, by) });
      await audit(trx, after, by, "retried");
      return after;
    });
    runner.start(id);
    return record;
  }

  /** PROFILE_EXISTS: what would be kept at the end has no place. */
  async #refuseTakenProfile({ project, request: { profile } }: SigninRecord): Promise<void> {
    if (profile !== undefined) await requireFreeName(this.#deps.store, project, profile);
  }

  async #refuseTooMany(trx: Store): Promise<void> {
    const { atOnce: limit } = this.#deps;
    if ((await signinStore.countUnfinished(trx)) >= limit)
      throw new BrowserVmError("SIGNIN_LIMIT", `${limit} sign-ins go on`, { limit });
  }
}

function newRecord(asked: CreateSignin, { provider, recipe, target }: Chosen, by: Asker): SigninRecord {
  const { expiresIn, heartbeatSeconds, session, subject, connection } = asked;
  const { kind, captures, leaves } = recipe;
  return {
    id: SigninId.parse(makeId("sgn", randomBytes(20))),
    project: target?.project ?? asked.project ?? DEFAULT_PROJECT,
    provider,
    recipe: recipe.name,
    kind,
    state: "starting",
    attempt: 1,
    steps: [],
    guide: null,
    about: { captures: [...captures], leaves: [...leaves] },
    request: { expiresIn, heartbeatSeconds, session, subject, profile: asked.profile },
    by,
    sessionId: null,
    isSessionOver: false,
    connectionId: connection ?? null,
    renews: connection !== undefined,
    subject: subject ?? target?.subject ?? null,
    createdAt: new Date().toISOString(),
    expiresAt: endAfter(expiresIn),
    heartbeatAt: null,
    isConfirmed: false,
    endedAt: null,
    reason: null,
    version: 1,
    hasSecret: true,
  };
}

function anew(before: SigninRecord, by: Asker): SigninRecord {
  refuseNoRetry(before);
  return {
    ...before,
    by,
    state: "starting",
    attempt: before.attempt + 1,
    steps: [],
    sessionId: null,
    isSessionOver: false,
    expiresAt: endAfter(before.request.expiresIn),
    heartbeatAt: null,
    isConfirmed: false,
    endedAt: null,
    reason: null,
  };
}

function refuseNoRetry(record: Pick<SigninRecord, "id" | "state">): void {
  if (isUnfinished(record.state) || record.state === "completed") throw wrongState(record, "retried");
}

const endAfter = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

const wrongState = ({ id, state }: Pick<SigninRecord, "id" | "state">, wish: string) =>
  new BrowserVmError("SIGNIN_WRONG_STATE", `sign-in ${id} is ${state}, so it cannot be ${wish}`, { state });
