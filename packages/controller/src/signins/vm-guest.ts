import { setTimeout as sleep } from "node:timers/promises";
import {
  type BrowserState,
  BrowserVmError,
  isBrowserVmError,
  type SecretFile,
  type SessionId,
  type SigninLine,
  type ToolJob,
  type VmId,
} from "@browservm/contract";
import type { HostSignins } from "../host/host-signins.ts";
import type { SessionDesk } from "../sessions/session-desk.ts";
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
/** After the controller was restarted, the port of the listener before is free a moment later. */
const PORT_TRIES = 10;

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

  listen(at: ListenAt): Promise<string> {
    this.#listening ??= this.#listen(at);
    return this.#listening;
  }

  awaitAnswer(): Promise<Answer> {
    return this.#answer.promise;
  }

  async browserState(origins: readonly string[]): Promise<BrowserState> {
    const { state, leftOut } = await this.#inVm((vmId) => this.#deps.signins.captureState(vmId, origins));
    if (leftOut > 0)
      throw new BrowserVmError(
        "SIGNIN_CAPTURE_INVALID",
        `${leftOut} values of the browser are too large to be kept`,
      );
    return state;
  }

  captureFiles(files: ToolJob["files"]): Promise<SecretFile[]> {
    return this.#inVm((vmId) => this.#deps.signins.captureFiles(vmId, files));
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

  async #listen(at: ListenAt): Promise<string> {
    for (let left = PORT_TRIES; ; left -= 1) {
      try {
        return await this.#listenOnce(at);
      } catch (error) {
        if (left === 0 || at.port === 0 || !isBrowserVmError(error, "SIGNIN_PORT_TAKEN")) throw error;
        await sleep(AGAIN_MS, undefined, { signal: this.#deps.signal });
      }
    }
  }

  /** Settles when the listener is there; its answer comes later. */
  #listenOnce(at: ListenAt): Promise<string> {
    const listening = Promise.withResolvers<string>();
    const { signins, signal, timeoutMs } = this.#deps;
    let isListening = false;
    const run = this.#inVm(async (vmId) => {
      for await (const line of signins.listen(vmId, { ...at, timeoutMs }, signal)) {
        refuseFailed(line);
        if (line.type === "listening") {
          isListening = true;
          listening.resolve(line.redirectUri);
        }
        if (line.type === "callback") this.#answer.resolve(line.parameters);
      }
      throw brokenOff();
    });
    run.catch((error: unknown) => {
      listening.reject(error);
      if (isListening) this.#answer.reject(error);
    });
    return listening.promise;
  }

  #inVm<T>(work: (vmId: VmId) => Promise<T>): Promise<T> {
    return this.#deps.desk.withVm(this.#deps.sessionId, work);
  }
}

function refuseFailed(line: Line): void {
  if (line.type === "failed") throw new BrowserVmError(line.code, line.message);
}

const brokenOff = () =>
  new BrowserVmError("SIGNIN_GUEST_FAILED", "the guest said no more before it had what was asked for");
