import type { Duplex } from "node:stream";
import type { Config, GatewayLiveQuery, RtcReport, SessionId, StreamReport, VmId } from "@browservm/contract";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import type { Rtc } from "./rtc/open-rtc.ts";
import type { TurnServers } from "./rtc/turn-servers.ts";
import { type PictureReport, SessionStream } from "./stream/session-stream.ts";
import { Viewer } from "./viewer/viewer.ts";

export interface StreamsSpec {
  readonly media: Config["media"];
  readonly open: (vm: VmId, signal: AbortSignal) => Promise<Duplex>;
  readonly rtc: Rtc;
  /** Undefined: there are no relays for viewers. */
  readonly turn: TurnServers | undefined;
  readonly log: Logger;
  readonly lingerMs?: number | undefined;
}

const LINGER_MS = 10_000;
const GOING_AWAY = 1001;

/** The streams of all sessions that somebody looks at. */
export class Streams implements Disposable {
  readonly #spec: StreamsSpec;
  readonly #streams = new Map<SessionId, SessionStream>();
  readonly #forgetting = new Map<SessionId, NodeJS.Timeout>();

  constructor(spec: StreamsSpec) {
    this.#spec = spec;
  }

  join({ session, vm, viewer: id, control }: GatewayLiveQuery, ws: WebSocket): void {
    const stream = this.#stream(session, vm);
    stream.moveTo(vm);
    const { rtc, turn } = this.#spec;
    stream.add(new Viewer({ id, canControl: control, ws, stream, rtc: rtc.desk, turn }));
  }

  /** Of the port of WebRTC; null where it is switched off. */
  rtcReport(): RtcReport | null {
    return this.#spec.rtc.report();
  }

  /** Of a session that nobody looks at: nothing. */
  report(session: SessionId): StreamReport {
    const report = this.#streams.get(session)?.report() ?? { source: null, viewers: [] };
    return { rtc: this.rtcReport(), ...report };
  }

  reports(): PictureReport[] {
    return [...this.#streams.values()].map((stream) => stream.report());
  }

  [Symbol.dispose](): void {
    for (const timer of this.#forgetting.values()) clearTimeout(timer);
    for (const stream of this.#streams.values()) {
      for (const viewer of stream.viewers) viewer.end(GOING_AWAY, "");
      stream[Symbol.dispose]();
    }
    this.#streams.clear();
  }

  #stream(session: SessionId, vm: VmId): SessionStream {
    clearTimeout(this.#forgetting.get(session));
    this.#forgetting.delete(session);
    const known = this.#streams.get(session);
    if (known) return known;
    const { media, open, log, lingerMs = LINGER_MS } = this.#spec;
    const stream: SessionStream = new SessionStream(
      {
        media,
        open,
        lingerMs,
        log: log.child({ sessionId: session }),
        empty: () => this.#forgetLater(session, lingerMs),
      },
      vm,
    );
    this.#streams.set(session, stream);
    return stream;
  }

  /** Its source lingers for those who come back at once, and what was chosen for it. */
  #forgetLater(session: SessionId, lingerMs: number): void {
    if (!this.#streams.has(session)) return; // all are over
    clearTimeout(this.#forgetting.get(session));
    this.#forgetting.set(
      session,
      setTimeout(() => {
        this.#forgetting.delete(session);
        this.#streams.get(session)?.[Symbol.dispose]();
        this.#streams.delete(session);
      }, lingerMs),
    );
  }
}
