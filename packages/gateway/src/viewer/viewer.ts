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
import { type Feedback, RateEstimator } from "../congestion/rate-estimator.ts";
import type { RtcDesk, RtcTransportName, RtcWay } from "../rtc/rtc-desk.ts";
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
/** For so long a viewer tries before it says that no check came through, in milliseconds. */
const TRY_MS = 2000;
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
  /** Frames by the viewer's WebSocket: on that rung, and until WebRTC carries them where the viewer wants that. */
  #ws: WsWay | undefined;
  #peer: RtcWay | undefined;
  #hasMeanwhile = false;
  #stats: ViewerStats | undefined;
  /** Since the last offer. */
  #candidates = 0;
  /** What the doctor asks of WebRTC: offers since the viewer came, checks of the last one. */
  #offers = 0;
  #checks = { udp: 0, tcp: 0 };
  #udpAt: number | undefined;
  #offeredAt = Number.NEGATIVE_INFINITY;
  /** The same before the last offer. */
  #before = { offers: 0, checks: { udp: 0, tcp: 0 } };
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

  /** It would take video, and sees none. */
  get missesVideo(): boolean {
    return this.#rung === "vnc" && this.#wants !== null && this.#wants !== "vnc";
  }

  get wantsKey(): boolean {
    return (this.#ws?.wantsKey ?? false) || (this.#peer?.wantsKey ?? false);
  }

  get sent(): number {
    return this.#way?.sent ?? 0;
  }

  get dropped(): number {
    return this.#way?.dropped ?? 0;
  }

  video(frame: VideoFrame, message: Uint8Array): void {
    this.#peer?.video(frame, message);
    if (this.#peer && this.#peer.sent > 0) this.#endWs();
    this.#ws?.video(frame, message);
  }

  audio(frame: AudioFrame, message: Uint8Array): void {
    if (this.wantsAudio) (this.#ws ?? this.#peer)?.audio(frame, message);
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
        this.#choose(message);
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

  #choose({ rung, audio, meanwhile = false }: Extract<ViewerMessage, { type: "rung/choose" }>): void {
    if (rung === "webrtc" && !this.#spec.rtc) {
      this.refuse("rung/choose", "RUNG_UNAVAILABLE", "this gateway has no WebRTC");
      return;
    }
    this.wantsAudio = audio;
    const beginsAnew = meanwhile && !this.#hasMeanwhile;
    this.#hasMeanwhile = meanwhile;
    if (rung !== this.#rung || beginsAnew) this.#changeRung(rung);
    this.#spec.stream.wishesChanged(this);
  }

  #changeRung(rung: Rung): void {
    this.#endPeer();
    const wantsWs = rung === "websocket" || (rung === "webrtc" && this.#hasMeanwhile);
    if (!wantsWs) this.#endWs();
    else this.#ws ??= new WsWay(this.#spec.ws, this.#wayEvents());
    if (rung === this.#rung) return;
    this.#forgetUntried();
    this.#stats = undefined;
    this.#rung = rung;
    this.#rungAt = performance.now();
  }

  /** An offer that was given up before a check could come, as when the guest lost its display, was no try. */
  #forgetUntried(): void {
    const { udp, tcp } = this.#checks;
    if (udp + tcp > 0 || performance.now() - this.#offeredAt > TRY_MS) return;
    this.#offers = this.#before.offers;
    this.#checks = this.#before.checks;
  }

  /** What the rung stands for. */
  get #way(): VideoWay | undefined {
    return this.#rung === "webrtc" ? this.#peer : this.#ws;
  }

  #endWs(): void {
    this.#ws?.close();
    this.#ws = undefined;
  }

  #endPeer(): void {
    this.#peer?.close();
    this.#peer = undefined;
  }

  #wayEvents() {
    return {
      needsKey: () => this.#spec.stream.requestKeyFrame(),
      full: () => this.#hear({ dropped: 1 }),
    };
  }

  #offer(sdp: string): void {
    if (this.#rung !== "webrtc" || !this.#spec.rtc) {
      this.refuse("signal/offer", "RUNG_UNAVAILABLE", "choose the rung `webrtc` first");
      return;
    }
    this.#candidates = 0;
    this.#before = { offers: this.#offers, checks: this.#checks };
    this.#offeredAt = performance.now();
    this.#offers += 1;
    this.#checks = { udp: 0, tcp: 0 };
    this.#udpAt = undefined;
    this.#endPeer();
    const peer = this.#spec.rtc.connect({
      ...this.#wayEvents(),
      answer: (answer) => this.#socket.tell({ type: "signal/answer", sdp: answer }),
      refused: (why) => this.refuse("signal/offer", "OFFER_REFUSED", sanitizeLine(why, 300)),
      feedback: (feedback) => this.#hear(feedback),
      kbps: () => this.estimator.kbps,
      checked: (transport) => this.#checked(transport),
      changed: () => {
        this.estimator.forgetWay();
        this.#spec.stream.wishesChanged(this);
      },
      input: (bytes) => this.#input.take(bytes),
    });
    this.#peer = peer;
    peer.accept(sdp);
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
    this.#hear({ loss, rttMs: stats.rttMs });
  }

  /** A way that is full is not filled until the next beat. */
  #hear(feedback: Feedback): void {
    const before = this.estimator.kbps;
    this.estimator.hear(feedback, performance.now());
    if (this.estimator.kbps < before) this.#spec.stream.rateChanged();
  }

  #leave(): void {
    clearTimeout(this.#renewal);
    this.#endWs();
    this.#endPeer();
    this.#spec.stream.remove(this);
  }
}
