import {
  type AudioFrame,
  type GatewayMessage,
  MAX_CANDIDATES,
  type Rung,
  sanitizeLine,
  type VideoCodec,
  type VideoFrame,
  type ViewerId,
  type ViewerMessage,
  type ViewerStats,
  type ViewerStream,
} from "@browservm/contract";
import type { WebSocket } from "ws";
import { RateEstimator } from "../congestion/rate-estimator.ts";
import type { RtcDesk, RtcTransportName } from "../rtc/rtc-desk.ts";
import type { TurnServers } from "../rtc/turn-servers.ts";
import type { SessionStream } from "../stream/session-stream.ts";
import { InputDesk } from "./input-desk.ts";
import type { VideoWay } from "./video-way.ts";
import { ViewerSocket } from "./viewer-socket.ts";
import { WsWay } from "./ws-way.ts";

export interface ViewerSpec {
  readonly id: ViewerId;
  /** May set the quality for all. */
  readonly canControl: boolean;
  readonly ws: WebSocket;
  readonly stream: SessionStream;
  /** Undefined: this gateway has no WebRTC. */
  readonly rtc: RtcDesk | undefined;
  /** Undefined: there are no relays. */
  readonly turn: TurnServers | undefined;
}

/** Slower than this nothing can be seen; a viewer that cannot take it loses pictures instead, and disturbs nobody. */
const MIN_KBPS = 250;
const START_KBPS = 2000;
/** What a report tells at most. */
const MAX_STUCK_MS = 3_600_000;

/** One viewer's connection: what it wants, on which rung it is, and how its way keeps up. */
export class Viewer {
  readonly id: ViewerId;
  readonly estimator: RateEstimator;
  readonly #spec: ViewerSpec;
  readonly #socket: ViewerSocket;
  readonly #input: InputDesk;
  #rung: Rung = "vnc";
  #way: VideoWay | undefined;
  #stats: ViewerStats | undefined;
  /** Since the last offer. */
  #candidates = 0;
  /** What the doctor asks of WebRTC: offers since the viewer came, checks of the last one. */
  #offers = 0;
  #checks = { udp: 0, tcp: 0 };
  #udpAt: number | undefined;
  #refused: ViewerStream["refused"] = null;
  #wants: Rung | null = null;
  #rungAt = performance.now();
  #decodes: readonly VideoCodec[] | null = null;
  #toldState = "";
  #renewal: NodeJS.Timeout | undefined;
  wantsAudio = false;

  constructor(spec: ViewerSpec) {
    this.#spec = spec;
    this.id = spec.id;
    this.estimator = new RateEstimator({ startKbps: START_KBPS, minKbps: MIN_KBPS }, performance.now());
    this.#socket = new ViewerSocket(spec.ws, {
      message: (message) => this.#take(message),
      junk: () => this.refuse("message", "BAD_REQUEST", "this is no message that the gateway knows"),
      closed: () => this.#leave(),
    });
    this.#input = new InputDesk({
      canControl: spec.canControl,
      send: (message) => this.#socket.pass(message),
      refused: (code, why) => this.refuse("input", code, why),
      size: () => spec.stream.size,
    });
    const rungs: Rung[] = spec.rtc ? ["webrtc", "websocket", "vnc"] : ["websocket", "vnc"];
    this.#tellRelays();
    this.#socket.tell({ type: "stream/hello", rungs, hasInput: spec.rtc !== undefined && spec.canControl });
  }

  /** It is on a rung with video. */
  get wantsVideo(): boolean {
    return this.#rung !== "vnc";
  }

  get wantsKey(): boolean {
    return this.#way?.wantsKey ?? false;
  }

  get sent(): number {
    return this.#way?.sent ?? 0;
  }

  get dropped(): number {
    return this.#way?.dropped ?? 0;
  }

  video(frame: VideoFrame, message: Uint8Array): void {
    this.#way?.video(frame, message);
  }

  audio(frame: AudioFrame, message: Uint8Array): void {
    if (this.wantsAudio) this.#way?.audio(frame, message);
  }

  tellNews(message: GatewayMessage): void {
    this.#socket.tellNews(message);
  }

  /** Only when it is another one. */
  tellState(state: GatewayMessage): void {
    const words = JSON.stringify(state);
    if (words !== this.#toldState && this.#socket.tellNews(state)) this.#toldState = words;
  }

  refuse(what: string, code: string, message: string): void {
    this.#refused = { what, code, message };
    this.#socket.tell({ type: "system/refused", what, code, message });
  }

  end(code: number, reason: string): void {
    this.#spec.ws.close(code, reason);
  }

  report(): ViewerStream {
    const { rung, transport, ...stats } = this.#stats ?? { rung: null, transport: null };
    return {
      viewer: this.id,
      rung: this.#rung,
      transport: this.#way?.transport ?? null,
      rungMs: Math.round(performance.now() - this.#rungAt),
      wants: this.#wants,
      codecs: this.#codecs,
      sent: this.sent,
      dropped: this.dropped,
      stuckMs: Math.min(this.#way?.stuckMs ?? 0, MAX_STUCK_MS),
      offers: this.#offers,
      checks: { ...this.#checks },
      udpAgoMs: this.#udpAt === undefined ? null : Math.round(performance.now() - this.#udpAt),
      refused: this.#refused,
      stats: "received" in stats ? stats : null,
    };
  }

  get #codecs(): VideoCodec[] | null {
    const codecs = this.#rung === "webrtc" ? this.#way?.codecs : this.#decodes;
    return codecs ? [...codecs] : null;
  }

  /** Again before they run out: a viewer that stays may have to connect anew. */
  #tellRelays(): void {
    const { rtc, turn, id } = this.#spec;
    if (!rtc || !turn) return;
    this.#socket.tell({ type: "signal/ice-servers", iceServers: turn.serversFor(id, Date.now()) });
    this.#renewal = setTimeout(() => this.#tellRelays(), turn.renewMs).unref();
  }

  #take(message: ViewerMessage): void {
    switch (message.type) {
      case "system/ping":
        this.#pong(message.t);
        break;
      case "rung/choose":
        this.#wants = message.wants ?? null;
        this.#decodes = message.codecs ?? null;
        this.#choose(message.rung, message.audio);
        break;
      case "signal/offer":
        this.#offer(message.sdp);
        break;
      case "signal/candidate":
        this.#candidate();
        break;
      case "quality/set":
        this.#setQuality(message);
        break;
      case "video/key-frame":
        this.#spec.stream.requestKeyFrame();
        break;
      case "stats/report":
        this.#hearStats(message.stats);
        break;
    }
  }

  #pong(t: number): void {
    this.#socket.tell({ type: "system/pong", t, guestUs: this.#spec.stream.guestUs() });
  }

  #choose(rung: Rung, audio: boolean): void {
    if (rung === "webrtc" && !this.#spec.rtc) {
      this.refuse("rung/choose", "RUNG_UNAVAILABLE", "this gateway has no WebRTC");
      return;
    }
    this.wantsAudio = audio;
    if (rung !== this.#rung) this.#changeRung(rung);
    this.#spec.stream.wishesChanged(this);
  }

  #changeRung(rung: Rung): void {
    this.#way?.close();
    this.#way = undefined;
    this.#stats = undefined;
    this.#rung = rung;
    this.#rungAt = performance.now();
    if (rung === "websocket") this.#way = new WsWay(this.#spec.ws, this.#wayEvents());
  }

  #wayEvents() {
    return {
      needsKey: () => this.#spec.stream.requestKeyFrame(),
      full: () => this.estimator.hear({ dropped: 1 }, performance.now()),
    };
  }

  #offer(sdp: string): void {
    if (this.#rung !== "webrtc" || !this.#spec.rtc) {
      this.refuse("signal/offer", "RUNG_UNAVAILABLE", "choose the rung `webrtc` first");
      return;
    }
    this.#candidates = 0;
    this.#offers += 1;
    this.#checks = { udp: 0, tcp: 0 };
    this.#udpAt = undefined;
    this.#way?.close();
    const way = this.#spec.rtc.connect({
      ...this.#wayEvents(),
      answer: (answer) => this.#socket.tell({ type: "signal/answer", sdp: answer }),
      refused: (why) => this.refuse("signal/offer", "OFFER_REFUSED", sanitizeLine(why, 300)),
      feedback: (feedback) => this.estimator.hear(feedback, performance.now()),
      checked: (transport) => this.#checked(transport),
      changed: () => this.#spec.stream.wishesChanged(this),
      input: (bytes) => this.#input.take(bytes),
    });
    this.#way = way;
    way.accept(sdp);
  }

  #checked(transport: RtcTransportName): void {
    this.#checks[transport] += 1;
    if (transport === "udp") this.#udpAt = performance.now();
  }

  /** Of no use to us: our side is ice-lite, it answers where it is asked from. */
  #candidate(): void {
    this.#candidates += 1;
    if (this.#candidates > MAX_CANDIDATES)
      this.refuse("signal/candidate", "TOO_MANY_CANDIDATES", `at most ${MAX_CANDIDATES} for one offer`);
  }

  #setQuality({ type, ...quality }: Extract<ViewerMessage, { type: "quality/set" }>): void {
    if (this.#spec.canControl) this.#spec.stream.setQuality(quality);
    else this.refuse(type, "CONTROL_REFUSED", "this viewer may only look");
  }

  /** Only while it is on the rung that it speaks of. */
  #hearStats(stats: ViewerStats): void {
    if (stats.rung !== this.#rung) return;
    this.#stats = stats;
    const loss = stats.rung === "webrtc" ? stats.loss : null;
    this.estimator.hear({ loss, rttMs: stats.rttMs }, performance.now());
  }

  #leave(): void {
    clearTimeout(this.#renewal);
    this.#way?.close();
    this.#way = undefined;
    this.#spec.stream.remove(this);
  }
}
