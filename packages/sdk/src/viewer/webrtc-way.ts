import { type IceServer, INPUT_CHANNELS, type ViewerMessage } from "@browservm/contract";
import { captureLatency } from "./capture-time.ts";
import type { InputChannels } from "./input-numbers.ts";
import { readRtcStats, type StatsEntry } from "./rtc-stats.ts";
import type { VideoWay, WayEvents, WayStats } from "./video-way.ts";

export interface WebRtcWaySpec extends WayEvents {
  readonly send: (message: ViewerMessage) => void;
  readonly iceServers: readonly IceServer[];
  /** Whether the gateway takes input. */
  readonly takesInput: boolean;
  /** What the guest's clock shows at one of our milliseconds. */
  readonly guestUs: (ms: number) => number | null;
}

/** What Chromium knows and TypeScript's DOM does not. */
type LowLatencyReceiver = RTCRtpReceiver & { jitterBufferTarget?: number | null; playoutDelayHint?: number };

/** Frames over WebRTC: picture and sound in streams of their own, so that no picture waits for its sound. */
export class WebRtcWay implements VideoWay {
  readonly rung = "webrtc";
  readonly element = document.createElement("video");
  readonly #spec: WebRtcWaySpec;
  readonly #sound = new Audio();
  readonly #peer: RTCPeerConnection;
  /** For input; null where the gateway takes none. They open and close with the connection. */
  readonly channels: InputChannels | null;
  #before: readonly StatsEntry[] | undefined;
  #painted = 0;
  #isStopped = false;

  constructor(spec: WebRtcWaySpec) {
    this.#spec = spec;
    Object.assign(this.element, { muted: true, autoplay: true, playsInline: true });
    Object.assign(this.#sound, { muted: true, autoplay: true });
    this.#peer = new RTCPeerConnection({
      iceServers: spec.iceServers.map(({ urls, username, credential }) => ({
        urls,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      bundlePolicy: "max-bundle",
    });
    this.channels = spec.takesInput ? this.#open() : null;
  }

  get isConnected(): boolean {
    return this.#peer.connectionState === "connected";
  }

  start(): void {
    const peer = this.#peer;
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.ontrack = ({ track, receiver }) => this.#take(track, receiver);
    // candidates are not sent: the gateway is ice-lite, and learns where we are from our checks
    peer.onconnectionstatechange = () => this.#changed();
    this.#watchFrames();
    this.#offer().catch((error: unknown) => this.#fail(`WebRTC could not begin (${String(error)})`));
  }

  /** The gateway's answer to our offer. */
  answer(sdp: string): void {
    if (this.#isStopped || this.#peer.signalingState !== "have-local-offer") return;
    this.#peer
      .setRemoteDescription({ type: "answer", sdp })
      .catch((error: unknown) => this.#fail(`the gateway's answer does not fit (${String(error)})`));
  }

  setSound(isOn: boolean): void {
    this.#sound.muted = !isOn;
    // Autoplay waits for a click, and this is one. A refusal leaves it silent.
    if (isOn) void this.#sound.play().catch(() => {});
  }

  stop(): void {
    this.#isStopped = true;
    this.#peer.onconnectionstatechange = this.#peer.ontrack = null;
    this.#peer.close();
    this.element.srcObject = null;
    this.#sound.srcObject = null;
    this.element.remove();
  }

  async stats(): Promise<WayStats> {
    const entries: StatsEntry[] = [];
    // a peer that is closed meanwhile has an empty report
    (await this.#peer.getStats()).forEach((entry: StatsEntry) => void entries.push(entry));
    const stats = readRtcStats(entries, this.#before);
    this.#before = entries;
    return { ...stats, painted: this.#painted };
  }

  #open(): InputChannels {
    const [moves, input] = INPUT_CHANNELS.map(({ label, id, options }) =>
      this.#peer.createDataChannel(label, { negotiated: true, id, ...options }),
    );
    if (!moves || !input) throw new Error("there are two channels");
    return { moves, input };
  }

  async #offer(): Promise<void> {
    await this.#peer.setLocalDescription();
    const sdp = this.#peer.localDescription?.sdp;
    if (sdp !== undefined && !this.#isStopped) this.#spec.send({ type: "signal/offer", sdp });
  }

  #take(track: MediaStreamTrack, receiver: LowLatencyReceiver): void {
    // what is seen is what is steered: frames are shown as they come
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
    const player = track.kind === "video" ? this.element : this.#sound;
    player.srcObject = new MediaStream([track]);
    // muted, so allowed; a play that `stop` cuts short is no problem
    void player.play().catch(() => {});
  }

  #changed(): void {
    const state = this.#peer.connectionState;
    if (state === "connected") this.#spec.onConnected();
    if (state === "failed" || state === "disconnected") this.#fail(LOST);
  }

  #watchFrames(): void {
    this.element.requestVideoFrameCallback((_, frame) => {
      if (this.#isStopped) return;
      this.#painted = frame.presentedFrames;
      this.#spec.onFrame({ latencyMs: captureLatency({ frame, guestUs: this.#spec.guestUs }) });
      this.#watchFrames();
    });
  }

  #fail(why: string): void {
    if (!this.#isStopped) this.#spec.onFailed(why);
  }
}

const LOST =
  "WebRTC finds no way to the gateway: UDP and TCP to its port are blocked, or the connection broke";
