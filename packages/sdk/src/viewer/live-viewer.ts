import type {
  GatewayMessage,
  IceServer,
  MediaMessage,
  Rung,
  StreamNumbers,
  VideoCodec,
  ViewerMessage,
} from "@browservm/contract";
import { BlackWatch } from "./black-cause.ts";
import { canDecode, decodable } from "./frame-decoder.ts";
import { GatewayLink } from "./gateway-link.ts";
import { Geometry } from "./geometry.ts";
import { Ladder, type VideoRung, type Wish } from "./ladder.ts";
import { unableRungs, watchPage } from "./page-signals.ts";
import { SqueezedChannel } from "./squeezed-channel.ts";
import { StallWatch } from "./stall-watch.ts";
import type { VideoWay, WayEvents } from "./video-way.ts";
import { type ViewerState, ViewerStore } from "./viewer-state.ts";
import { WaySet } from "./way-set.ts";
import { WebRtcWay } from "./webrtc-way.ts";
import { WebSocketWay } from "./websocket-way.ts";

const BEAT_MS = 1000;

export type Quality = Omit<Extract<ViewerMessage, { type: "quality/set" }>, "type">;

export interface LiveViewerSpec {
  /** Of the route `sessionLive`, as a WebSocket's address. */
  readonly url: string;
  /** The VM has no KVM: `auto` then stays at VNC. */
  readonly isEmulated: boolean;
}

/** The picture of one session: by video where that goes, laid over noVNC's canvas, and by noVNC everywhere else. */
export class LiveViewer {
  readonly #spec: LiveViewerSpec;
  readonly #ladder: Ladder;
  readonly #ways: WaySet;
  readonly #store = new ViewerStore();
  readonly #black = new BlackWatch();
  readonly #unwatch: () => void;
  readonly #beats: ReturnType<typeof setInterval>;
  #stall = new StallWatch();
  #link: GatewayLink | null = null;
  #rungs: readonly Rung[] | null = null;
  #takesInput = false;
  #iceServers: readonly IceServer[] = [];
  #channel: SqueezedChannel | null = null;
  #layer: HTMLElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;
  #isClosed = false;
  #beatCount = 0;
  /** What WebCodecs takes here; undefined while that is not known, and where there is none. */
  #decodes: VideoCodec[] | undefined;

  constructor(spec: LiveViewerSpec) {
    this.#spec = spec;
    const now = () => performance.now();
    this.#ladder = new Ladder({ now, isEmulated: spec.isEmulated, unable: unableRungs() });
    this.#ways = new WaySet({
      make: (rung, events) => this.#make(rung, events),
      onConnected: () => this.#changed(),
      onPainted: (rung) => {
        const { shown, trying, meanwhile } = this.#ladder;
        if (rung !== shown && (rung === trying || rung === meanwhile))
          this.#tell(() => this.#ladder.painted(rung));
      },
      onFailed: (rung, why) => this.#tell(() => this.#ladder.failed(rung, why)),
    });
    this.#unwatch = watchPage({
      onHidden: (isHidden) => this.#tell(() => this.#ladder.hide(isHidden)),
      onNetwork: () => {
        this.#link?.networkChanged();
        this.#tell(() => this.#ladder.networkChanged());
      },
    });
    this.#beats = setInterval(() => void this.#beat(), BEAT_MS);
    this.#tell(() => this.#ladder.hide(document.hidden));
    void decodable().then((codecs) => {
      this.#decodes = codecs;
      this.#changed();
    });
  }

  get state(): ViewerState {
    return this.#store.state;
  }

  /** Calls back after each change of `state`. Answers how to stop. */
  subscribe(listener: () => void): () => void {
    return this.#store.subscribe(listener);
  }

  /** A raw channel for noVNC over an RFB WebSocket. It asks for no picture while video plays. */
  wrap(socket: WebSocket): SqueezedChannel {
    this.#channel = new SqueezedChannel(socket);
    this.#channel.squeeze(this.#ladder.shown !== "vnc");
    this.#joinChannels();
    // who takes the display back, takes the video back
    this.#link?.retryNow();
    return this.#channel;
  }

  /**
   * Where to paint: `layer` is empty, absolutely positioned, lets pointers through, and has the same positioned parent as
   * `display`, in which noVNC puts its canvas. Answers how to undo it.
   */
  mount(layer: HTMLElement, display: HTMLElement): () => void {
    const geometry = new Geometry(layer, display);
    this.#layer = layer;
    this.#ways.mount(layer);
    this.#changed();
    return () => {
      geometry.close();
      this.#layer = null;
      this.#ways.mount(null);
    };
  }

  /** By hand: no better way than this. */
  choose(wish: Wish): void {
    this.#store.patch({ refusal: null });
    this.#tell(() => this.#ladder.choose(wish));
  }

  /** For all viewers; refused to who may not control. */
  setQuality(quality: Quality): void {
    this.#store.patch({ refusal: null });
    this.#link?.send({ type: "quality/set", ...quality });
  }

  /** To be called in a click: browsers let nothing sound before one. */
  setSound(isOn: boolean): void {
    this.#store.patch({ isSoundOn: isOn });
    this.#ways.setSound(isOn);
    this.#changed();
  }

  /** What video shows now; null while noVNC shows the picture. */
  get picture(): HTMLCanvasElement | HTMLVideoElement | null {
    return this.#ways.get(this.#ladder.shown)?.element ?? null;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beats);
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#ways.run("vnc", []);
    this.#link?.close();
    this.#channel?.squeeze(false);
    if (this.#channel) this.#channel.channels = null;
    this.#store.close();
  }

  #make(rung: VideoRung, events: WayEvents): VideoWay {
    const send = (message: ViewerMessage) => this.#link?.send(message);
    const guestUs = (ms: number) => this.#link?.guestUs(ms) ?? null;
    this.#stall = new StallWatch();
    if (rung === "webrtc")
      return new WebRtcWay({
        ...events,
        send,
        guestUs,
        iceServers: this.#iceServers,
        takesInput: this.#takesInput,
      });
    void this.#checkCodec();
    return new WebSocketWay({ ...events, send, guestUs });
  }

  #tell(what: () => void): void {
    what();
    this.#changed();
  }

  /** What is told in one go is done once. */
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (!this.#isClosed) this.#apply();
    });
  }

  #apply(): void {
    const { wantsGateway, shown, trying, begun, meanwhile, nextAt } = this.#ladder;
    if (wantsGateway !== (this.#link !== null)) this.#connect(wantsGateway);
    // The gateway takes an offer only where WebRTC was chosen before.
    if (this.#rungs)
      this.#link?.ask({
        rung: trying ?? shown,
        audio: this.#store.state.isSoundOn,
        wants: this.#ladder.wants,
        ...(this.#decodes ? { codecs: this.#decodes } : {}),
        ...(meanwhile ? { meanwhile: true } : {}),
      });
    this.#ways.run(shown, [meanwhile, begun]);
    this.#joinChannels();
    if (this.#layer) this.#layer.hidden = shown === "vnc";
    // a hidden tab needs no picture of any kind
    if (!document.hidden) this.#channel?.squeeze(shown !== "vnc");
    clearTimeout(this.#timer);
    if (nextAt !== null)
      this.#timer = setTimeout(() => this.#tell(() => this.#ladder.tick()), nextAt - performance.now());
    this.#publish();
  }

  /** Input goes beside the picture while there is WebRTC. */
  #joinChannels(): void {
    const way = this.#ways.get("webrtc");
    if (this.#channel) this.#channel.channels = way instanceof WebRtcWay ? way.channels : null;
  }

  #connect(isOn: boolean): void {
    if (!isOn) {
      this.#link?.close();
      this.#link = null;
      this.#lost();
      this.#ladder.serve(undefined);
      return;
    }
    this.#link = new GatewayLink({
      url: this.#spec.url,
      onMessage: (message) => this.#hear(message),
      onMedia: (message) => this.#take(message),
      onLost: () => this.#lost(),
    });
  }

  #lost(): void {
    this.#rungs = null;
    this.#store.patch({ stream: null, source: null });
    this.#tell(() => this.#ladder.serve(null));
  }

  #hear(message: GatewayMessage): void {
    if (message.type === "stream/hello") {
      this.#rungs = message.rungs;
      this.#takesInput = message.hasInput;
      this.#tell(() => this.#ladder.serve(message.rungs));
    } else if (message.type === "signal/ice-servers") this.#iceServers = message.iceServers;
    else if (message.type === "stream/state") {
      this.#store.patch({ stream: message });
      this.#tell(() => this.#ladder.hear(message.state, message.problem?.message));
      void this.#checkCodec();
    } else if (message.type === "stream/stats") this.#count(message.numbers);
    else if (message.type === "signal/answer") {
      const way = this.#ways.get("webrtc");
      if (way instanceof WebRtcWay) way.answer(message.sdp);
    } else if (message.type === "system/refused") this.#refused(message.what, message.message);
  }

  #refused(what: string, why: string): void {
    const { trying, shown } = this.#ladder;
    const rung = trying ?? (shown === "vnc" ? null : shown);
    const isAboutRung = what === "rung/choose" || what === "signal/offer";
    if (what === "input") return; // by a quicker way; the other one says who has the control
    if (rung && isAboutRung) this.#tell(() => this.#ladder.failed(rung, why));
    else this.#store.patch({ refusal: why });
  }

  #take(message: MediaMessage): void {
    const way = this.#ways.get("websocket");
    if (way instanceof WebSocketWay) way.take(message);
  }

  #count(source: StreamNumbers): void {
    this.#store.patch({ source });
    // what is sent now is for the way that is tried
    if (this.#ladder.trying === null) this.#stall.sent(performance.now(), source.sent);
  }

  #lookForStall(now: number): void {
    const { shown, trying } = this.#ladder;
    const arrivals = this.#ways.meter(shown)?.arrivals;
    if (shown === "vnc" || trying !== null || !arrivals || !this.#stall.arrived(now, arrivals)) return;
    this.#tell(() => this.#ladder.failed(shown, "frames are sent, and none arrives"));
  }

  async #checkCodec(): Promise<void> {
    const { stream } = this.#store.state;
    if (stream === null || !("VideoDecoder" in globalThis) || (await canDecode(stream.codec))) return;
    this.#tell(() => this.#ladder.failed("websocket", `this browser cannot decode ${stream.codec}`));
  }

  async #beat(): Promise<void> {
    this.#beatCount += 1;
    const isOdd = this.#beatCount % 2 === 1;
    if (isOdd) this.#link?.beat(this.#rungs !== null);
    if (!this.#ladder.wantsGateway) return;
    const now = performance.now();
    await this.#ways.measure(now);
    if (this.#isClosed) return;
    this.#lookForStall(now);
    const rung = this.#ladder.trying ?? this.#ladder.shown;
    const stats = this.#ways.report(now, rung, this.#link?.pingMs ?? null);
    if (stats && isOdd) this.#link?.send({ type: "stats/report", stats });
    this.#store.patch({ stats, stages: this.#ways.stages(rung, this.#store.state.source) });
    this.#publish();
  }

  #publish(): void {
    const { wish, shown, trying, why } = this.#ladder;
    const hasGateway = this.#rungs !== null;
    const { stats, stream, stages } = this.#store.state;
    // who did not choose video by hand sees what was to be seen: the pictures of VNC
    const isMissing = wish !== "auto" && wish !== "vnc" && shown === "vnc" && !document.hidden;
    const black = this.#black.look(performance.now(), isMissing, { hasGateway, stream, stages, why });
    const transport = shown === "webrtc" ? (stats?.transport ?? null) : null;
    this.#store.patch({ wish, rung: shown, trying, why, hasGateway, transport, black });
  }
}
