import { setTimeout as sleep } from "node:timers/promises";
import {
  type BrowserState,
  BrowserVmError,
  isBrowserVmError,
  type SecretFile,
  type SessionId,
  type SigninBrowser,
  type SigninLine,
  type ToolJob,
  type VmId,
} from "@browservm/contract";
import type { HostSignins } from "../host/host-signins.ts";
import type { SessionDesk } from "../sessions/session-desk.ts";
import { isAway } from "./keep-page.ts";
import type { ListenAt, RunningTool, SigninGuest, ToolSpec } from "./signin-guest.ts";

export interface VmGuestDeps {
  readonly desk: SessionDesk;
  readonly signins: HostSignins;
  readonly sessionId: SessionId;
  /** Ends when the attempt does, and with it what runs in the VM for it. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

type Line = Exclude<SigninLine, { type: "error" }>;
type Answer = Readonly<Record<string, string>>;

const AGAIN_MS = 500;
/** A hostd or an agent that was restarted is there again by then; what only reads, or was never heard of, is asked for once more. */
const AWAY_MS = 60_000;
/** After the controller was restarted, the port of the listener before is free a moment later; and one may die. */
const TRIES = 10;
const LISTENER_GONE = ["SIGNIN_PORT_TAKEN", "SIGNIN_JOB_BROKEN"] as const;

/** The VM of one attempt, by way of hostd. */
export class VmGuest implements SigninGuest {
  readonly #deps: VmGuestDeps;
  #listening: Promise<string> | undefined;
  readonly #answer = Promise.withResolvers<Answer>();

  constructor(deps: VmGuestDeps) {
    this.#deps = deps;
    this.#answer.promise.catch(() => {});
  }

  navigate(url: string): Promise<void> {
    return this.#deps.desk.navigate(this.#deps.sessionId, url);
  }

  browser(): Promise<SigninBrowser> {
    return this.#patiently((vmId) => this.#deps.signins.browser(vmId));
  }

  listen(at: ListenAt): Promise<string> {
    this.#listening ??= this.#listen(at);
    return this.#listening;
  }

  awaitAnswer(): Promise<Answer> {
    return this.#answer.promise;
  }

  async browserState(origins: readonly string[]): Promise<BrowserState> {
    // A browser that died is there again soon, which is the guest's own word.
    const isPassing = (error: unknown) => isAway(error) || isBrowserVmError(error, "GUEST_CALL_FAILED");
    const { state, leftOut } = await this.#patiently(
      (vmId) => this.#deps.signins.captureState(vmId, origins),
      isPassing,
    );
    if (leftOut > 0)
      throw new BrowserVmError(
        "SIGNIN_CAPTURE_INVALID",
        `${leftOut} values of the browser are too large to be kept`,
      );
    return state;
  }

  captureFiles(files: ToolJob["files"]): Promise<SecretFile[]> {
    return this.#patiently((vmId) => this.#deps.signins.captureFiles(vmId, files));
  }

  runTool(spec: ToolSpec): RunningTool {
    const asked = Promise.withResolvers<string | null>();
    const ready = Promise.withResolvers<void>();
    const { signins, signal, timeoutMs } = this.#deps;
    const run = this.#inVm(async (vmId) => {
      for await (const line of signins.runTool(vmId, { ...spec, timeoutMs }, signal)) {
        refuseFailed(line);
        if (line.type === "url") asked.resolve(line.url);
        if (line.type !== "files_ready") continue;
        asked.resolve(null);
        ready.resolve();
      }
    });
    // What was settled before stays as it is.
    const failed = run.then(() => Promise.reject(brokenOff()));
    failed.catch((error: unknown) => {
      asked.reject(error);
      ready.reject(error);
    });
    for (const { promise } of [asked, ready]) promise.catch(() => {});
    return { asked: asked.promise, ready: ready.promise };
  }

  /** Settles when the listener is there; its answer comes later. */
  #listen(at: ListenAt): Promise<string> {
    const listening = Promise.withResolvers<string>();
    this.#untilAnswered(at, listening).catch((error: unknown) => {
      listening.reject(error);
      this.#answer.reject(error);
    });
    return listening.promise;
  }

  /** Listens again, at the same address, when the listener or whoever it told died: the browser was told to come there. */
  async #untilAnswered(at: ListenAt, listening: PromiseWithResolvers<string>): Promise<void> {
    let where = at;
    let isAgain = false;
    const deadline = Date.now() + AWAY_MS;
    for (let refusals = 0; ; ) {
      try {
        const answer = await this.#listenOnce(where, (port, redirectUri) => {
          where = { ...at, port };
          isAgain = true;
          listening.resolve(redirectUri);
        });
        return this.#answer.resolve(answer);
      } catch (error) {
        // Turns in which nobody could be asked are not counted: those have a deadline.
        const isRefused = LISTENER_GONE.some((code) => isBrowserVmError(error, code));
        if (isRefused) refusals += 1;
        const isPassing = isRefused && at.port + where.port > 0 && refusals <= TRIES;
        const isEarly = Date.now() < deadline;
        const isWaitedFor = isEarly ? isAway(error) : at.port > 0 && isHostAway(error);
        const isCutOff = isWaitedFor || (isAgain && !isSaid(error));
        if (!isPassing && !isCutOff) throw error;
        await sleep(AGAIN_MS, undefined, { signal: this.#deps.signal });
      }
    }
  }

  #listenOnce(at: ListenAt, heard: (port: number, redirectUri: string) => void): Promise<Answer> {
    const { signins, signal, timeoutMs } = this.#deps;
    return this.#inVm(async (vmId) => {
      for await (const line of signins.listen(vmId, { ...at, timeoutMs }, signal)) {
        refuseFailed(line);
        if (line.type === "listening") heard(line.port, line.redirectUri);
        if (line.type === "callback") return line.parameters;
      }
      throw brokenOff();
    });
  }

  /** While hostd or the guest's agent is away, a question that changes nothing waits for it. */
  async #patiently<T>(ask: (vmId: VmId) => Promise<T>, isPassing = isAway): Promise<T> {
    for (const deadline = Date.now() + AWAY_MS; ; ) {
      try {
        return await this.#inVm(ask);
      } catch (error) {
        if (!isPassing(error) || Date.now() > deadline) throw error;
        await sleep(AGAIN_MS, undefined, { signal: this.#deps.signal });
      }
    }
  }

  async #inVm<T>(work: (vmId: VmId) => Promise<T>): Promise<T> {
    try {
      return await this.#deps.desk.withVm(this.#deps.sessionId, work);
    } catch (error) {
      // A stream that ends in the middle is an error of fetch.
      throw error instanceof BrowserVmError ? error : brokenOff(error);
    }
  }
}

/** The guest's own word that it cannot. */
class GuestRefusal extends BrowserVmError {}

function refuseFailed(line: Line): void {
  if (line.type === "failed") throw new GuestRefusal(line.code, line.message);
}
const isHostAway = (error: unknown) => isBrowserVmError(error, "HOST_UNREACHABLE");
const isSaid = (error: unknown) => error instanceof GuestRefusal;

const brokenOff = (cause?: unknown) =>
  new BrowserVmError(
    "SIGNIN_GUEST_FAILED",
    "the guest said no more before it had what was asked for",
    {},
    { cause },
  );
