import {
  type BodyOf,
  type BrowserState,
  BrowserVmError,
  GUEST_PATHS,
  type hostRoutes,
  type SecretFile,
  SecretFiles,
  type SigninBrowser,
  type SigninFault,
  type SigninLine,
  type VmId,
} from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";
import { signinJob } from "../guest/signin-job.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmService } from "./vm-service.ts";

type Body<R extends keyof typeof hostRoutes> = BodyOf<(typeof hostRoutes)[R]>;

const START_URL = `file://${GUEST_PATHS.startPage}`;
const CALL_MS = 10_000;
/** For a browser that must open a page for each origin. */
const STATE_MS = 60_000;

/** What a sign-in does in a ready VM. What it brings holds secrets, so nothing of it is logged here. */
export class SigninDesk {
  readonly #vms: Pick<VmService, "settled" | "get">;
  readonly #deps: Pick<VmDeps, "patience">;

  constructor(vms: Pick<VmService, "settled" | "get">, deps: Pick<VmDeps, "patience">) {
    this.#vms = vms;
    this.#deps = deps;
  }

  async *listen(
    id: VmId,
    job: Body<"listenForCallback">,
    signal: AbortSignal,
  ): AsyncGenerator<SigninLine, void, undefined> {
    const guest = await this.#guest(id);
    yield* signinJob(guest, { kind: "callback", ...job }, { signal, callMs: this.#within(CALL_MS) });
  }

  async *runTool(
    id: VmId,
    job: Body<"runSigninTool">,
    signal: AbortSignal,
  ): AsyncGenerator<SigninLine, void, undefined> {
    const guest = await this.#guest(id);
    yield* signinJob(guest, { kind: "tool", ...job }, { signal, callMs: this.#within(CALL_MS) });
  }

  async type(id: VmId, jobId: number, text: string, signal: AbortSignal): Promise<void> {
    const guest = await this.#guest(id);
    await guest.call("signin.type", { jobId, text }, { timeoutMs: this.#within(CALL_MS), signal });
  }

  async browser(id: VmId, signal: AbortSignal): Promise<SigninBrowser> {
    const guest = await this.#withBrowser(id);
    const options = { timeoutMs: this.#within(CALL_MS), signal };
    const { running, pid, painted, url } = await guest.call("browser.status", {}, options);
    return { pid: running ? (pid ?? null) : null, painted, atStart: url === START_URL };
  }

  /** Credential files. FILE_NOT_FOUND, FILE_REFUSED, FILE_TOO_LARGE, SIGNIN_FILE_MALFORMED, SIGNIN_FILE_UNSTABLE. */
  async captureFiles(id: VmId, body: Body<"captureFiles">, signal: AbortSignal): Promise<SecretFile[]> {
    const guest = await this.#guest(id);
    const said = await guest.call("signin.capture", body, { timeoutMs: this.#within(CALL_MS), signal });
    if ("refused" in said) throw refusal(said.refused);
    const files = SecretFiles.safeParse(said.files);
    // Of one that is empty only: no optional file was there.
    if (said.files.length === 0) throw new BrowserVmError("FILE_NOT_FOUND", "none of the files is there");
    if (!files.success)
      throw new BrowserVmError("AGENT_PROTOCOL", "the guest captured other files than it may");
    return files.data;
  }

  /** Cookies and local storage. BROWSER_UNAVAILABLE, FILE_TOO_LARGE. */
  async captureState(
    id: VmId,
    origins: readonly string[],
    signal: AbortSignal,
  ): Promise<{ state: BrowserState; leftOut: number }> {
    const guest = await this.#withBrowser(id);
    const options = { timeoutMs: this.#within(STATE_MS), signal };
    const said = await guest.call("browser.state", { origins: [...origins] }, options);
    if ("refused" in said) throw refusal(said.refused);
    return said;
  }

  async putState(id: VmId, state: BrowserState, signal: AbortSignal) {
    const guest = await this.#withBrowser(id);
    return guest.call("browser.putState", { state }, { timeoutMs: this.#within(STATE_MS), signal });
  }

  async #guest(id: VmId): Promise<Guest> {
    return (await this.#vms.settled(id)).guest;
  }

  async #withBrowser(id: VmId): Promise<Guest> {
    const guest = await this.#guest(id);
    if (!this.#vms.get(id).hasBrowser)
      throw new BrowserVmError("BROWSER_UNAVAILABLE", `the image of VM ${id} has no browser`);
    return guest;
  }

  #within(ms: number): number {
    return ms * this.#deps.patience;
  }
}

function refusal(said: {
  readonly code: SigninFault;
  readonly message: string;
  readonly path?: string | undefined;
}): BrowserVmError {
  return new BrowserVmError(said.code, said.message, said.path === undefined ? {} : { path: said.path });
}
