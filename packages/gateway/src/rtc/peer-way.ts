import { type AudioFrame, MAX_SDP_CHARS, type VideoCodec, type VideoFrame } from "@browservm/contract";
import { FrameGate } from "../stream/frame-gate.ts";
import { Pacer } from "./pacer.ts";
import { PacketHistory } from "./packet-history.ts";
import { Packetiser } from "./packetiser.ts";
import type { RtcEvents, RtcTransportName, RtcWay } from "./rtc-desk.ts";
import type { MakePeer, RtcPeer } from "./rtc-peer.ts";
import type { RtcPort } from "./rtc-port.ts";
import { announcedAnswer, cleanOffer, credentialsOf, loopbackPort } from "./sdp.ts";

export interface PeerWaySpec {
  readonly makePeer: MakePeer;
  readonly port: RtcPort;
  /** Under which viewers reach the port. */
  readonly addresses: readonly string[];
  readonly events: RtcEvents;
}

/** From the offer until packets come through; the viewer has gone down a rung long before, in milliseconds. */
const CONNECT_MS = 30_000;

/** Frames to one viewer by WebRTC. */
export class PeerWay implements RtcWay {
  readonly #spec: PeerWaySpec;
  readonly #gate = new FrameGate();
  readonly #packets = new Packetiser();
  readonly #history = new PacketHistory();
  readonly #pacer: Pacer;
  readonly #undo = new AsyncDisposableStack();
  #peer: RtcPeer | undefined;
  #isConnected = false;
  #isClosed = false;
  #chosen: RtcTransportName | null = null;
  /** UDP takes everything, and of TCP what has no room is lost as by UDP. */
  readonly stuckMs = 0;
  sent = 0;
  dropped = 0;

  constructor(spec: PeerWaySpec) {
    this.#spec = spec;
    this.#pacer = this.#undo.use(new Pacer(() => spec.events.kbps()));
  }

  get transport(): RtcTransportName | null {
    return this.#isConnected ? this.#chosen : null;
  }

  get codecs(): readonly VideoCodec[] | null {
    return this.#peer?.codecs ?? null;
  }

  get wantsKey(): boolean {
    return this.#isConnected && this.#gate.needsKey;
  }

  accept(offer: string): void {
    this.#answer(offer).catch((error: unknown) => {
      this.close();
      this.#spec.events.refused(error instanceof Error ? error.message : "the offer cannot be answered");
    });
  }

  video(frame: VideoFrame): void {
    const peer = this.#peer;
    if (!peer || !this.#isConnected) return;
    const isTaken = peer.codecs.includes(frame.codec);
    if (!this.#gate.admit(frame, isTaken)) {
      this.dropped += 1;
      if (isTaken) this.#spec.events.needsKey();
      return;
    }
    this.sent += 1;
    const { codec } = frame;
    this.#pacer.push(
      this.#packets.video(frame).map((packet) => ({
        bytes: packet.payload.length,
        send: () => {
          this.#history.add(codec, packet, performance.now());
          peer.video(codec, packet);
        },
      })),
    );
  }

  /** Never behind a picture. */
  audio(frame: AudioFrame): void {
    if (this.#isConnected) this.#peer?.audio(this.#packets.audio(frame));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isConnected = false;
    void this.#undo.disposeAsync().catch(() => {}); // the library's own trouble with its end
  }

  async #answer(offer: string): Promise<void> {
    if (offer.length > MAX_SDP_CHARS) throw new Error("the offer is too long");
    const peer = await this.#spec.makePeer(cleanOffer(offer), {
      connected: () => this.#connected(),
      ended: () => this.#ended(),
      needsKey: () => this.#lost(),
      loss: (loss) => this.#isClosed || this.#spec.events.feedback({ loss }),
      input: (bytes) => this.#isClosed || this.#spec.events.input(bytes),
      fates: (fates) => this.#isClosed || this.#spec.events.feedback({ fates }),
      missing: (sequences) => this.#sendAgain(sequences),
    });
    if (this.#isClosed) return void (await peer[Symbol.asyncDispose]());
    this.#undo.use(peer);
    this.#peer = peer;
    const { port, addresses } = this.#spec;
    const registration = await port.register({
      ...credentialsOf(peer.answer),
      localPort: loopbackPort(peer.answer),
      checked: this.#spec.events.checked,
      chosen: (transport) => this.#choose(transport),
      full: () => this.#full(),
    });
    if (this.#isClosed) return registration[Symbol.dispose]();
    this.#undo.use(registration);
    const timer = setTimeout(() => this.#isConnected || this.close(), CONNECT_MS);
    this.#undo.defer(() => clearTimeout(timer));
    this.#spec.events.answer(announcedAnswer(peer.answer, addresses, port.port));
  }

  #sendAgain(sequences: readonly number[]): void {
    if (this.#isClosed) return;
    const now = performance.now();
    const found = sequences.map((sequence) => this.#history.take(sequence, now));
    this.#pacer.pushFirst(
      found
        .filter((one) => one !== undefined)
        .map(({ codec, packet }) => ({
          bytes: packet.payload.length,
          send: () => this.#peer?.again(codec, packet),
        })),
    );
  }

  #choose(transport: RtcTransportName): void {
    this.#chosen = transport;
    this.#lost();
    if (this.#isConnected) this.#spec.events.changed();
  }

  #connected(): void {
    if (this.#isClosed) return;
    this.#isConnected = true;
    this.#spec.events.changed();
  }

  #ended(): void {
    const wasOpen = !this.#isClosed;
    this.close();
    if (wasOpen) this.#spec.events.changed();
  }

  /** A packet found no room: what follows cannot be decoded. */
  #full(): void {
    if (!this.#gate.needsKey) this.#spec.events.full();
    this.#gate.reset();
  }

  #lost(): void {
    if (this.#isConnected) this.#spec.events.needsKey();
  }
}
