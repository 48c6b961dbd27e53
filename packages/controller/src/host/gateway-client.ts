import { request } from "node:http";
import { text } from "node:stream/consumers";
import {
  BrowserVmError,
  GATEWAY_PATHS,
  RtcReport,
  type SessionId,
  StreamReport,
  type ViewerId,
  type VmId,
} from "@browservm/contract";
import { WebSocket } from "ws";

export interface LiveRequest {
  readonly session: SessionId;
  readonly vm: VmId;
  readonly viewer: ViewerId;
  readonly canControl: boolean;
}

const ANSWER_MS = 5000;

/** The media gateway over its unix socket. Fails as GATEWAY_UNREACHABLE when nobody answers. */
export class GatewayClient {
  readonly #socketPath: string;
  readonly #timeoutMs: number;

  constructor(options: { readonly socketPath: string; readonly timeoutScale: number }) {
    this.#socketPath = options.socketPath;
    this.#timeoutMs = Math.round(ANSWER_MS * options.timeoutScale);
  }

  /** A viewer's connection, open and paused, so that nothing is lost until somebody listens. The caller ends it. */
  openLive({ session, vm, viewer, canControl }: LiveRequest): Promise<WebSocket> {
    const query = new URLSearchParams({ session, vm, viewer, control: canControl ? "1" : "0" });
    const ws = new WebSocket(`ws+unix:${this.#socketPath}:${GATEWAY_PATHS.live}?${query}`, {
      perMessageDeflate: false,
      handshakeTimeout: this.#timeoutMs,
    });
    return new Promise((resolve, reject) => {
      ws.on("error", (cause) => reject(unreachable(cause)));
      ws.once("open", () => {
        ws.pause();
        resolve(ws);
      });
    });
  }

  async report(session: SessionId): Promise<StreamReport> {
    const body = await this.#get(GATEWAY_PATHS.streams.replace(":session", session));
    return StreamReport.parse(JSON.parse(body));
  }

  /** Of its port of WebRTC; null where it is switched off. */
  async rtcReport(): Promise<RtcReport | null> {
    return RtcReport.nullable().parse(JSON.parse(await this.#get(GATEWAY_PATHS.rtc)));
  }

  /** Lines for Prometheus. */
  metrics(): Promise<string> {
    return this.#get(GATEWAY_PATHS.metrics);
  }

  #get(path: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const call = request({ socketPath: this.#socketPath, path, agent: false, signal }, (response) => {
      const isGood = response.statusCode === 200;
      text(response).then(
        (body) =>
          isGood ? resolve(body) : reject(unreachable(new Error(`it answers ${response.statusCode}`))),
        (cause) => reject(unreachable(cause)),
      );
    });
    call.once("error", (cause) => reject(unreachable(cause)));
    call.end();
    return promise;
  }
}

const unreachable = (cause: unknown): BrowserVmError =>
  new BrowserVmError("GATEWAY_UNREACHABLE", "the media gateway does not answer on its socket", {}, { cause });
