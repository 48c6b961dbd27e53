import type { Duplex } from "node:stream";
import type {
  BodyInput,
  BrowserState,
  hostRoutes,
  SecretFile,
  SessionId,
  StreamService,
  TakenState,
  VmId,
} from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import { inWordsOfSessions, notReady } from "./not-ready.ts";
import type { SessionService } from "./session-service.ts";
import type { SessionActivity } from "./timeouts/session-activity.ts";

type Body<R extends keyof typeof hostRoutes> = BodyInput<(typeof hostRoutes)[R]>;

/** What is done in a session's VM. Each needs a `ready` session: SESSION_NOT_READY otherwise. */
export class SessionDesk {
  readonly #sessions: SessionService;
  readonly #host: HostClient;
  readonly #activity: SessionActivity;

  constructor(deps: { sessions: SessionService; host: HostClient; activity: SessionActivity }) {
    this.#sessions = deps.sessions;
    this.#host = deps.host;
    this.#activity = deps.activity;
  }

  screenshot(id: SessionId): Promise<Uint8Array> {
    return this.#whenReady(id, (vmId) => this.#host.screenshot(vmId));
  }

  navigate(id: SessionId, url: string): Promise<void> {
    return this.#act(id, (vmId) => this.#host.navigate(vmId, url));
  }

  resize(id: SessionId, size: Body<"resizeVm">) {
    return this.#act(id, (vmId) => this.#host.resize(vmId, size));
  }

  authorizeKey(id: SessionId, publicKey: string) {
    return this.#act(id, (vmId) => this.#host.authorizeKey(vmId, publicKey));
  }

  /** Onto the clipboard of its display. */
  putClipboardImage(id: SessionId, image: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    return this.#act(id, (vmId) => this.#host.putClipboardImage(vmId, image, signal));
  }

  /** Into the home of the browser's user, over the control channel. */
  putSecrets(id: SessionId, files: readonly SecretFile[]): Promise<void> {
    return this.#act(id, (vmId) => this.#host.putSecrets(vmId, files));
  }

  /** Into the browser, for pages that are opened from then on. */
  putBrowserState(id: SessionId, state: BrowserState): Promise<TakenState> {
    return this.#act(id, (vmId) => this.#host.signins.putState(vmId, state));
  }

  /** SESSION_NOT_READY, unless something can be done in its VM now. */
  async mustBeReady(id: SessionId): Promise<void> {
    await this.#whenReady(id, async () => {});
  }

  /** The session is not idle while the command runs, that is until `signal` ends. */
  async exec(id: SessionId, request: Body<"execInVm">, signal: AbortSignal): Promise<Response> {
    const reply = await this.#act(id, (vmId) => this.#host.exec(vmId, request, signal));
    const held = this.#activity.hold(id);
    if (signal.aborted) held[Symbol.dispose]();
    signal.addEventListener("abort", () => held[Symbol.dispose](), { once: true });
    return reply;
  }

  /** Something done with files; the session is not idle while it goes on. */
  async withFiles<T>(id: SessionId, work: (vmId: VmId) => Promise<T>): Promise<T> {
    using _held = this.#activity.hold(id);
    return await this.#whenReady(id, work);
  }

  openStream(id: SessionId, service: StreamService): Promise<Duplex> {
    return this.#whenReady(id, (vmId) => this.#host.openStream(vmId, service));
  }

  /** Does something with the VM that the session has now, which is no use of it. */
  withVm<T>(id: SessionId, work: (vmId: VmId) => Promise<T>): Promise<T> {
    return this.#whenReady(id, work);
  }

  /** Log lines; also of a VM that is starting or has failed, for as long as hostd keeps it. */
  async logs(
    id: SessionId,
    query: Readonly<Record<string, string | number | boolean>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const record = await this.#sessions.get(id);
    return inWordsOfSessions(record, () => this.#host.logs(record.vmId, query, signal));
  }

  /** What keeps a session from being idle. */
  #act<T>(id: SessionId, work: (vmId: VmId) => Promise<T>): Promise<T> {
    return this.#whenReady(id, (vmId) => {
      this.#activity.touch(id);
      return work(vmId);
    });
  }

  async #whenReady<T>(id: SessionId, work: (vmId: VmId) => Promise<T>): Promise<T> {
    const record = await this.#sessions.get(id);
    if (record.status !== "ready") throw notReady(record);
    return inWordsOfSessions(record, () => work(record.vmId));
  }
}
