import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, isBrowserVmError, type SessionId, type SigninId } from "@browservm/contract";
import type { Logger } from "pino";
import { KeyedLock } from "../sessions/keyed-lock.ts";
import type { ConnectionService } from "../vault/connection-service.ts";
import type { SecretWriter } from "../vault/secret-writer.ts";
import type { Vault } from "../vault/vault.ts";
import { inTurn } from "./in-turn.ts";
import { keepCaptured } from "./keep-captured.ts";
import { browserOf, type KeptPage, openPage, whileKept } from "./keep-page.ts";
import { type ProfileKeeping, removeLeftProfile, withKeptProfile } from "./keep-profile.ts";
import type { Recipe, RecipeWork } from "./recipe.ts";
import { recipeOf } from "./recipes/recipe-of.ts";
import type { SigninGuest } from "./signin-guest.ts";
import { isUnfinished, type SigninRecord } from "./signin-record.ts";
import { keepSealed, openSignin, type SigninSecret } from "./signin-secret.ts";
import type { SigninSessions } from "./signin-sessions.ts";
import { signinStore } from "./signin-store.ts";
import { changeSignin, isAt, type SigninWriter } from "./signin-writer.ts";
import { OVERTAKEN, watchAttempt } from "./watch-attempt.ts";

export interface RunnerDeps extends ProfileKeeping {
  readonly writer: SigninWriter;
  readonly sessions: SigninSessions;
  readonly vault: Vault;
  readonly secrets: SecretWriter;
  readonly connections: ConnectionService;
  readonly guestOf: (record: SigninRecord, sessionId: SessionId, signal: AbortSignal) => SigninGuest;
  readonly log: Logger;
}

interface Running {
  readonly ending: AbortController;
  readonly confirmed: PromiseWithResolvers<void>;
  /** Once it is ready. */
  sessionId?: SessionId;
  /** A session that is being asked for: it must be known before it can be ended. */
  making?: Promise<unknown>;
  done: Promise<void>;
}

/** So long it may take until a VM's end is known to be its session's. */
const FATE_MS = 10_000;
const CLOSING = new Error("the controller ends");

/** Runs attempts to sign in, each from where it was to its end. What it leaves at our own end is carried on at the next start. */
export class SigninRunner implements AsyncDisposable {
  readonly #deps: RunnerDeps;
  readonly #running = new Map<SigninId, Running>();
  readonly #locks = new KeyedLock();
  #isClosing = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  /** Begins an attempt, or carries it on. */
  start(id: SigninId): void {
    if (this.#running.has(id) || this.#isClosing) return;
    const running: Running = {
      ending: new AbortController(),
      confirmed: Promise.withResolvers(),
      done: Promise.resolve(),
    };
    this.#running.set(id, running);
    running.done = this.#run(id, running).catch((error: unknown) =>
      this.#deps.log.error({ signinId: id, err: error }, "a sign-in could not be brought to its end"),
    );
  }

  confirm(id: SigninId): void {
    this.#running.get(id)?.confirmed.resolve();
  }

  /** Stops what was ended by somebody, and answers when it has stopped. */
  async stop(id: SigninId): Promise<void> {
    const running = this.#running.get(id);
    running?.ending.abort(OVERTAKEN);
    await running?.done;
  }

  /** Ends the sessions of a sign-in that is over, and takes back what it has left. HOST_UNREACHABLE and the like: it is tried again later. */
  cleanUp(id: SigninId): Promise<SigninRecord> {
    return this.#locks.run(id, async () => {
      const { store, sessions, writer } = this.#deps;
      const record = await signinStore.get(store, id);
      if (isUnfinished(record.state) || record.isSessionOver) return record;
      // The profile last: a save that still goes on ends before its session does.
      await inTurn([() => sessions.endAll(record), () => removeLeftProfile(this.#deps, record)]);
      return writer.change(id, {
        next: (now) => (isUnfinished(now.state) ? undefined : { ...now, isSessionOver: true }),
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const all = [...this.#running.values()];
    for (const { ending } of all) ending.abort(CLOSING);
    await Promise.all(all.map(({ done }) => done));
  }

  async #run(id: SigninId, running: Running): Promise<void> {
    const { store, log } = this.#deps;
    const { ending } = running;
    try {
      await this.#runAttempt(await signinStore.get(store, id), running);
    } finally {
      ending.abort(CLOSING);
      this.#running.delete(id);
    }
    if (this.#isClosing) return;
    await running.making?.catch(() => {});
    await this.cleanUp(id).catch((error: unknown) =>
      log.warn({ signinId: id, err: error }, "the session of a sign-in could not be ended yet"),
    );
  }

  /** The attempt to its end, and how it ended, written down. */
  async #runAttempt(record: SigninRecord, running: Running): Promise<void> {
    const { writer, log } = this.#deps;
    const { signal } = running.ending;
    try {
      await this.#untilEnd(record, running);
    } catch (error) {
      // Why it was stopped says more than what came of that.
      const why: unknown = signal.aborted ? signal.reason : error;
      if (why === OVERTAKEN || why === CLOSING) return;
      if (!(why instanceof BrowserVmError)) log.error({ signinId: record.id, err: why }, "a sign-in failed");
      await writer.end(record.id, record.attempt, why);
    }
  }

  /** The attempt, as long as it may go on. */
  async #untilEnd(record: SigninRecord, running: Running): Promise<void> {
    if (!isUnfinished(record.state)) return;
    const { store, sessions } = this.#deps;
    const { ending } = running;
    const watched = { store, sessions, record, sessionId: () => running.sessionId };
    const stopped = watchAttempt(watched, ending.signal).then((why) => {
      ending.abort(why);
      throw ending.signal.reason;
    });
    const work = this.#work(record, running).catch(async (error: unknown) => {
      // That the VM is gone is heard of in two ways, and what became of its session says more.
      if (isGuestGone(error)) await sleep(FATE_MS, undefined, { signal: ending.signal }).catch(() => {});
      throw error;
    });
    // Whoever loses has an error of its own, which nobody needs; what a guest does not answer ends with its session.
    for (const each of [stopped, work]) each.catch(() => {});
    await Promise.race([work, stopped]);
  }

  async #work(record: SigninRecord, running: Running): Promise<void> {
    const { store, vault, writer, connections } = this.#deps;
    const { attempt, id } = record;
    const { signal } = running.ending;
    const secret = await openSignin(vault, await signinStore.row(store, id));
    const recipe = recipeOf(secret.settings);
    if (record.state !== "starting" && !recipe.carriesOn.includes(record.state)) throw interrupted(record);
    let page: KeptPage | undefined;
    const work: RecipeWork = {
      ...(await this.#enter(record, running)),
      browser: () => page && browserOf(page),
      keepFlow: (flow) => this.#keepFlow(record, { ...secret, flow }),
    };
    const { flow, open } =
      record.state === "starting"
        ? await this.#prepare(record, { recipe, secret, work })
        : carriedOn(record, secret);
    page = await openOnce(work, { record, url: open });
    if (!mayBegin(record)) await work.step("user");
    if (record.isConfirmed) running.confirmed.resolve();
    const capture = await whileKept(work, page, () => recipe.awaitUser(work, flow));
    signal.throwIfAborted();
    const now = await writer.change(id, {
      next: (before) => (isAt(before, attempt) ? { ...before, state: "capturing" } : undefined),
    });
    const captured = await step(work, "capture", capture);
    signal.throwIfAborted();
    const keep = () =>
      step(work, "store", () =>
        keepCaptured(connections, { record: now, settings: secret.settings, captured }),
      );
    const { sessionId } = running;
    if (now.request.profile === undefined || sessionId === undefined) return void (await keep());
    await step(work, "profile", () => withKeptProfile(this.#deps, { record: now, sessionId, signal }, keep));
  }

  /** The session of this attempt, ready, and what a recipe needs of it. */
  async #enter(record: SigninRecord, running: Running): Promise<Omit<RecipeWork, "browser" | "keepFlow">> {
    const { sessions, writer, guestOf } = this.#deps;
    const { id, attempt } = record;
    const { signal } = running.ending;
    const step: RecipeWork["step"] = async (name) => void (await writer.step(id, attempt, name));
    let { sessionId } = record;
    if (sessionId === null) {
      await step("session");
      const making = sessions.make(record);
      running.making = making;
      const made = (await making).id;
      sessionId = made;
      await writer.change(id, {
        next: (now) => (isAt(now, attempt) ? { ...now, sessionId: made } : undefined),
      });
    }
    await sessions.awaitReady(sessionId, signal);
    running.sessionId = sessionId;
    return { guest: guestOf(record, sessionId, signal), signal, confirmed: running.confirmed.promise, step };
  }

  /** Everything before a person can begin; from then on it can be carried on. */
  async #prepare(
    record: SigninRecord,
    { recipe, secret, work }: { recipe: Recipe; secret: SigninSecret; work: RecipeWork },
  ): Promise<{ flow: unknown; open: string | null }> {
    const { flow, guide, open } = await step(work, "prepare", () => recipe.prepare(work));
    await this.#seal(record, { ...secret, flow }, { state: "awaiting_user", guide });
    return { flow, open };
  }

  /** Only the next start of the controller needs it. */
  #keepFlow(record: SigninRecord, secret: SigninSecret): Promise<void> {
    return this.#seal(record, secret, {}).catch((error: unknown) =>
      this.#deps.log.warn({ signinId: record.id, err: error }, "how a sign-in goes on could not be kept"),
    );
  }

  async #seal(
    { id, project, attempt }: SigninRecord,
    secret: SigninSecret,
    to: Partial<SigninRecord>,
  ): Promise<void> {
    const { secrets, store } = this.#deps;
    const { version } = await signinStore.row(store, id);
    await keepSealed(secrets, secret, { id, project, version: version + 1 }, (sealed, trx, append) =>
      changeSignin(trx, append, {
        id,
        sealed,
        next: (now) => (isAt(now, attempt) ? { ...now, ...to } : undefined),
      }),
    );
  }
}

/** What may be the news of a VM's end: from its guest, or from hostd about its session. */
const isGuestGone = (error: unknown) =>
  isBrowserVmError(error, "AGENT_UNREACHABLE") || isBrowserVmError(error, "SESSION_NOT_READY");

/** Whether its person had everything needed to sign in. */
const mayBegin = ({ steps }: SigninRecord) => steps.some(({ step }) => step === "user");

/** What was known before the controller ended. */
const carriedOn = (record: SigninRecord, { flow }: SigninSecret) => ({
  flow,
  open: record.guide?.url ?? null,
});

/** Opens the page to sign in at, unless that was done before the controller ended: then the browser is where it was. */
async function openOnce(
  work: RecipeWork,
  { record, url }: { readonly record: SigninRecord; readonly url: string | null },
): Promise<KeptPage | undefined> {
  if (url === null) return undefined;
  if (mayBegin(record)) return { url, openedIn: undefined, wasOpened: true };
  return step(work, "open", async () => {
    const openedIn = await openPage(work, url);
    return { url, openedIn, wasOpened: openedIn !== null };
  });
}

async function step<T>(
  work: RecipeWork,
  name: Parameters<RecipeWork["step"]>[0],
  run: () => Promise<T>,
): Promise<T> {
  await work.step(name);
  work.signal.throwIfAborted();
  return run();
}

const interrupted = ({ id, state }: SigninRecord) =>
  new BrowserVmError("SIGNIN_INTERRUPTED", `the controller ended while sign-in ${id} was ${state}`, {
    state,
  });
