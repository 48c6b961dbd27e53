import {
  apiRoutes,
  type BodyInput,
  type DoctorReport,
  type EgressReport,
  type ErrorCode,
  type Event,
  ExecFrame,
  type GateReport,
  LogLine,
  type Session,
  type SessionPage,
  type SessionStatus,
  type StreamReport,
  type StreamService,
  type Viewers,
  type ViewLink,
  type ViewToken,
} from "@browservm/contract";
import { type ExecEvent, toExecEvent } from "./exec-event.ts";
import { PROFILE_CALL_MS } from "./profiles.ts";
import { randomKey } from "./random-key.ts";
import { SessionFiles } from "./session-files.ts";
import { SessionHandle } from "./session-handle.ts";
import { readNdjson } from "./transport/read-ndjson.ts";
import { requestUrl } from "./transport/request-url.ts";
import { resumableEvents } from "./transport/resumable-events.ts";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type CreateOptions = BodyInput<typeof apiRoutes.createSession>;
export interface ListOptions {
  readonly project?: string;
  readonly status?: SessionStatus;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}
/** Lists that are left out are empty. */
export type EgressOptions = NonNullable<BodyInput<typeof apiRoutes.setSessionEgress>["policy"]>;
export type ForkOptions = BodyInput<typeof apiRoutes.forkSession>;
export type ExecOptions = BodyInput<typeof apiRoutes.execInSession>;
export interface LogOptions {
  readonly source?: LogLine["source"];
  readonly lines?: number;
  readonly follow?: boolean;
}
/** Ids as plain strings. */
export type ControlOptions = BodyInput<typeof apiRoutes.control>;
export type ViewTokenOptions = BodyInput<typeof apiRoutes.createViewToken>;
export interface EventOptions {
  /** Only events after this sequence number; 0 = all that are kept; without it, from now on. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Making may wait for a VM to be gone. In milliseconds. */
const SLOW_CALL_MS = 120_000;
/** Memory of gigabytes is written to disk: longer than the controller waits for hostd, whose error says more. In milliseconds. */
const FREEZE_CALL_MS = 3_720_000;
/** A stream that cannot be opened for these reasons may be opened later. */
export const PASSING: ReadonlySet<ErrorCode> = new Set(["NOT_RUNNING", "HOST_UNREACHABLE", "RATE_LIMITED"]);

/** `/v1/sessions`: each method is one row of the contract. */
export class Sessions {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** Starts a session; it is `pending` until `waitFor("ready")`. A repeat after a lost reply makes no second one. */
  async create(request: CreateOptions = {}, options: CallOptions = {}): Promise<SessionHandle> {
    const idempotencyKey = options.idempotencyKey ?? randomKey();
    const session = await this.#client.call(
      apiRoutes.createSession,
      { body: request },
      { timeoutMs: SLOW_CALL_MS, ...options, idempotencyKey },
    );
    return new SessionHandle(this, session);
  }

  list(query: ListOptions = {}, options?: CallOptions): Promise<SessionPage> {
    return this.#client.call(apiRoutes.listSessions, { query: { ...query } }, options);
  }

  get(id: string, options?: CallOptions): Promise<Session> {
    return this.#client.call(apiRoutes.getSession, { params: { id } }, options);
  }

  /** Ends the session and waits until its profile is saved and its VM gone; ending it twice is fine. */
  end(id: string, options?: CallOptions): Promise<Session> {
    return this.#client.call(
      apiRoutes.endSession,
      { params: { id } },
      { timeoutMs: PROFILE_CALL_MS, ...options },
    );
  }

  /** Writes the session to disk and frees its memory; answers when it is paused. Pausing twice is fine. */
  pause(id: string, options?: CallOptions): Promise<Session> {
    return this.#client.call(
      apiRoutes.pauseSession,
      { params: { id } },
      { timeoutMs: FREEZE_CALL_MS, ...options },
    );
  }

  /** Lets a paused session go on; it is `ready` again when its network is proven anew. VM_NOT_PAUSED. */
  resume(id: string, options?: CallOptions): Promise<Session> {
    return this.#client.call(
      apiRoutes.resumeSession,
      { params: { id } },
      { timeoutMs: SLOW_CALL_MS, ...options },
    );
  }

  /** A second session that begins where this one is; it is `pending` until `waitFor("ready")`. */
  async fork(id: string, request: ForkOptions = {}, options?: CallOptions): Promise<SessionHandle> {
    const session = await this.#client.call(
      apiRoutes.forkSession,
      { params: { id }, body: request },
      { timeoutMs: FREEZE_CALL_MS, ...options },
    );
    return new SessionHandle(this, session);
  }

  /** Lets it live for so many seconds from now; without a number, for its own time to live. Counts as use. */
  extend(id: string, ttlSeconds?: number, options?: CallOptions): Promise<Session> {
    const body = ttlSeconds === undefined ? {} : { ttlSeconds };
    return this.#client.call(apiRoutes.extendSession, { params: { id }, body }, options);
  }

  heartbeat(id: string, options?: CallOptions): Promise<Session> {
    return this.#client.call(apiRoutes.heartbeatSession, { params: { id } }, options);
  }

  async navigate(id: string, url: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.navigateSession, { params: { id }, body: { url } }, options);
  }

  resize(id: string, size: { width: number; height: number }, options?: CallOptions) {
    return this.#client.call(apiRoutes.resizeSession, { params: { id }, body: size }, options);
  }

  /** The display as PNG. */
  screenshot(id: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#client.bytes(apiRoutes.screenshot, { params: { id } }, options);
  }

  /** The proof of its network, with evidence; null before there is any. */
  network(id: string, options?: CallOptions): Promise<{ gate: GateReport | null }> {
    return this.#client.call(apiRoutes.sessionNetwork, { params: { id } }, options);
  }

  /** Where it may go, what its DNS was asked last, and what was refused; of one that is over, where it might go. */
  egress(id: string, options?: CallOptions): Promise<EgressReport> {
    return this.#client.call(apiRoutes.sessionEgress, { params: { id } }, options);
  }

  /** Sets where it may go (null: as the machine's network is set); resolves when that is in force. */
  setEgress(id: string, policy: EgressOptions | null, options?: CallOptions): Promise<EgressReport> {
    return this.#client.call(apiRoutes.setSessionEgress, { params: { id }, body: { policy } }, options);
  }

  /** Looks at its VM's whole path, from the VMM to the service in the guest; changes nothing. */
  examine(id: string, options?: CallOptions): Promise<DoctorReport> {
    const body = { sessionId: id };
    return this.#client.call(apiRoutes.doctor, { body }, { timeoutMs: SLOW_CALL_MS, ...options });
  }

  /** A tar of what was kept when its VM failed, also after its end. EVIDENCE_NOT_FOUND. */
  evidence(id: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#client.bytes(
      apiRoutes.sessionEvidence,
      { params: { id } },
      { timeoutMs: SLOW_CALL_MS, ...options },
    );
  }

  /** Lets a public key in over SSH; answers the guest's host keys. */
  authorizeKey(id: string, publicKey: string, options?: CallOptions): Promise<{ hostKeys: string[] }> {
    return this.#client.call(apiRoutes.authorizeSessionKey, { params: { id }, body: { publicKey } }, options);
  }

  /** A link to its live view; the secret is in this answer and never again. */
  createViewToken(id: string, request: ViewTokenOptions = {}, options?: CallOptions): Promise<ViewToken> {
    return this.#client.call(apiRoutes.createViewToken, { params: { id }, body: request }, options);
  }

  /** The links that were made, without their secrets, the newest first. */
  listViewLinks(id: string, options?: CallOptions): Promise<{ links: ViewLink[] }> {
    return this.#client.call(apiRoutes.listViewLinks, { params: { id } }, options);
  }

  /** Makes a link useless, with every sign-in by it, and closes the views. VIEW_LINK_NOT_FOUND. */
  async revokeViewLink(id: string, link: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.revokeViewLink, { params: { id, link } }, options);
  }

  /** Who looks at it now, the first comer first. */
  listViewers(id: string, options?: CallOptions): Promise<Viewers> {
    return this.#client.call(apiRoutes.listViewers, { params: { id } }, options);
  }

  /** How picture and sound travel: the source's and each viewer's numbers. GATEWAY_UNREACHABLE. */
  liveReport(id: string, options?: CallOptions): Promise<StreamReport> {
    return this.#client.call(apiRoutes.sessionLiveReport, { params: { id } }, options);
  }

  /** Sends a viewer away; one that came by a link cannot come back by the same sign-in. VIEWER_NOT_FOUND. */
  async removeViewer(id: string, viewer: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeViewer, { params: { id, viewer } }, options);
  }

  /** Asks for the control, takes it, gives it, lets it go or refuses it. VIEWER_NOT_FOUND, CONTROL_REFUSED. */
  control(id: string, request: ControlOptions, options?: CallOptions): Promise<Viewers> {
    return this.#client.call(apiRoutes.control, { params: { id }, body: request }, options);
  }

  /** Runs a command in the VM: output as it comes, then one `exit`. Leaving the loop ends the command. */
  async *exec(
    id: string,
    request: ExecOptions,
    options?: CallOptions,
  ): AsyncGenerator<ExecEvent, void, undefined> {
    const reply = await this.#client.stream(
      apiRoutes.execInSession,
      { params: { id }, body: request },
      options,
    );
    for await (const frame of readNdjson(reply.body, ExecFrame)) yield toExecEvent(frame);
  }

  /** Log lines; `follow` keeps them coming. */
  async *logs(
    id: string,
    query: LogOptions = {},
    options?: CallOptions,
  ): AsyncGenerator<LogLine, void, undefined> {
    const reply = await this.#client.stream(
      apiRoutes.sessionLogs,
      { params: { id }, query: { ...query } },
      options,
    );
    yield* readNdjson(reply.body, LogLine);
  }

  /** Puts a PNG image on its clipboard, for who has the control. CLIPBOARD_CLOSED, CLIPBOARD_TOO_LARGE, CLIPBOARD_NOT_PNG. */
  async putClipboardImage(
    id: string,
    png: Uint8Array<ArrayBuffer> | Blob,
    options?: CallOptions,
  ): Promise<void> {
    const input = { params: { id }, bytes: png };
    await this.#client.call(apiRoutes.putClipboardImage, input, { timeoutMs: SLOW_CALL_MS, ...options });
  }

  /** The files of one session. */
  files(id: string): SessionFiles {
    return new SessionFiles(this.#client, id);
  }

  /** Its events in order, each once, across lost connections. */
  events(id: string, options: EventOptions = {}): AsyncGenerator<Event, void, undefined> {
    return resumableEvents(
      (after, signal) =>
        this.#client.stream(
          apiRoutes.sessionEvents,
          { params: { id }, query: { after } },
          { signal, headers: resumeHeaders(after) },
        ),
      { ...options, passing: PASSING },
    );
  }

  /** Path of the WebSocket with the display's RFB bytes. `viewer`: who comes again with it finds its place as it was. */
  vncPath(id: string, viewer?: string): string {
    return requestUrl(apiRoutes.sessionVnc, { id }, { viewer });
  }

  /** Path of the WebSocket with video, sound and the signalling of WebRTC; `viewer` as in `vncPath`. */
  livePath(id: string, viewer?: string): string {
    return requestUrl(apiRoutes.sessionLive, { id }, { viewer });
  }

  /** Path of the WebSocket with the raw bytes of a guest service. */
  streamPath(id: string, service: StreamService): string {
    return requestUrl(apiRoutes.sessionStream, { id, service });
  }
}

/** What an EventSource sends when it connects again (WHATWG HTML §9.2.4). */
export function resumeHeaders(after: number | undefined): Record<string, string> {
  return after === undefined ? {} : { "last-event-id": String(after) };
}
