import {
  type BodyInput,
  type BodyOf,
  hostRoutes,
  type ReplyOf,
  type SecretFile,
  type SigninBrowser,
  SigninLine,
  type VmId,
} from "@browservm/contract";
import { type RouteClient, readNdjson } from "@browservm/sdk";

type Body<R extends keyof typeof hostRoutes> = BodyInput<(typeof hostRoutes)[R]>;

/** hostd has deadlines for each of its questions; this is only for a hostd that does not end. In milliseconds. */
const GUEST_MS = 900_000;

/** What sign-ins do in VMs, by way of hostd. What comes back holds secrets: nobody logs it. */
export class HostSignins {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /**
   * Listens in the guest for one redirect of its browser: `started`, `listening` with the redirect URI, `callback` with
   * what came, `done` or `failed`; `alive` every 15 s meanwhile. What fails on the way is thrown. Ending the iteration or
   * `signal` ends the listener.
   */
  listen(id: VmId, body: Body<"listenForCallback">, signal: AbortSignal) {
    return this.#lines(hostRoutes.listenForCallback, { params: { id }, body }, signal);
  }

  /**
   * Runs a tool that signs in: `started`, `phase`, `url`, `asking`, `answered`, `files_ready`, `exited`, `done` or
   * `failed`; `alive` every 15 s meanwhile. Ending the iteration or `signal` ends the tool and all that it started.
   */
  runTool(id: VmId, body: Body<"runSigninTool">, signal: AbortSignal) {
    return this.#lines(hostRoutes.runSigninTool, { params: { id }, body }, signal);
  }

  /** Types into the terminal of a tool that runs. */
  async type(id: VmId, jobId: number, text: string): Promise<void> {
    const input = { params: { id, jobId: String(jobId) }, body: { text } };
    await this.#client.call(hostRoutes.typeIntoTool, input, { timeoutMs: GUEST_MS });
  }

  /** Which browser runs there. */
  browser(id: VmId): Promise<SigninBrowser> {
    return this.#client.call(hostRoutes.signinBrowser, { params: { id } }, { timeoutMs: GUEST_MS });
  }

  /** Credential files, in the form of the vault's. */
  async captureFiles(id: VmId, files: Body<"captureFiles">["files"]): Promise<SecretFile[]> {
    const input = { params: { id }, body: { files } };
    return (await this.#client.call(hostRoutes.captureFiles, input, { timeoutMs: GUEST_MS })).files;
  }

  /** Cookies and local storage of these origins; `leftOut` counts what is too large for the vault. */
  captureState(
    id: VmId,
    origins: readonly string[],
  ): Promise<ReplyOf<typeof hostRoutes.captureBrowserState>> {
    const input = { params: { id }, body: { origins: [...origins] } };
    return this.#client.call(hostRoutes.captureBrowserState, input, { timeoutMs: GUEST_MS });
  }

  /** Gives the browser a state, for pages that are opened from then on. */
  putState(
    id: VmId,
    state: BodyOf<typeof hostRoutes.putBrowserState>,
  ): Promise<ReplyOf<typeof hostRoutes.putBrowserState>> {
    const input = { params: { id }, body: state };
    return this.#client.call(hostRoutes.putBrowserState, input, { timeoutMs: GUEST_MS });
  }

  async *#lines<R extends typeof hostRoutes.listenForCallback | typeof hostRoutes.runSigninTool>(
    route: R,
    input: { params: { id: VmId }; body: BodyInput<R> },
    signal: AbortSignal,
  ): AsyncGenerator<Exclude<SigninLine, { type: "error" }>, void, undefined> {
    const hungUp = new AbortController();
    try {
      const options = { signal: AbortSignal.any([signal, hungUp.signal]) };
      const reply = await this.#client.stream(route, input, options);
      // Errors are thrown by readNdjson.
      for await (const line of readNdjson(reply.body, SigninLine)) if (line.type !== "error") yield line;
    } finally {
      hungUp.abort();
    }
  }
}
