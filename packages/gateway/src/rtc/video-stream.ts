import type { VideoCodec } from "@browservm/contract";
import {
  type RTCDtlsTransport,
  RTP_EXTENSION_URI,
  RtcpSenderInfo,
  RtcpSourceDescriptionPacket,
  RtcpSrPacket,
  RtpHeader,
  SourceDescriptionChunk,
  SourceDescriptionItem,
  type TransportWideCC,
} from "werift";
import { type PacketFate, SendLog } from "../congestion/send-log.ts";
import { type Agreed, PLAYOUT_DELAY_URI } from "./agreed.ts";
import type { MediaPacket } from "./rtc-peer.ts";
import { TwccArrivals } from "./twcc-arrivals.ts";

export interface VideoStreamSpec {
  readonly transport: RTCDtlsTransport;
  readonly agreed: Agreed;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  /** How the sender is called in its reports. */
  readonly cname: string;
}

/** Shown as soon as it can be: neither at least nor at most a wait. */
const NO_DELAY = Buffer.from([0, 0, 0]);
/** What is around a payload: RTP with its extensions, the tag of SRTP, UDP and IP. */
const OVERHEAD_BYTES = 12 + 12 + 16 + 28;
const REPORT_MS = 1000;
/** Of NTP, which begins in 1900, in seconds. */
const EPOCH = 2_208_988_800;
const HISTORY = 1024;

/**
 * The picture's packets of one connection, as RTP. Not by the library's own sender: that numbers packets for feedback
 * only once, so that one which is sent again would look late, and binds retransmissions to the first codec.
 */
export class VideoStream implements Disposable {
  readonly #spec: VideoStreamSpec;
  readonly #log = new SendLog();
  readonly #arrivals = new TwccArrivals();
  readonly #twccId: number | undefined;
  readonly #delayId: number | undefined;
  /** Under which number of the whole connection a packet was sent. */
  readonly #wide = new Uint16Array(HISTORY);
  readonly #reports: NodeJS.Timeout;
  #rtxSequence = 0;
  #sent = { packets: 0, bytes: 0, timestamp: 0, atMs: 0 };

  constructor(spec: VideoStreamSpec) {
    this.#spec = spec;
    this.#twccId = spec.agreed.extensionIds.get(RTP_EXTENSION_URI.transportWideCC);
    this.#delayId = spec.agreed.extensionIds.get(PLAYOUT_DELAY_URI);
    this.#reports = setInterval(() => this.#report(), REPORT_MS).unref();
  }

  send(codec: VideoCodec, packet: MediaPacket): void {
    const payloadType = this.#spec.agreed.payloadTypes.get(codec);
    if (payloadType === undefined) return;
    const wide = this.#log.add(packet.payload.length + OVERHEAD_BYTES, performance.now());
    this.#wide[packet.sequence % HISTORY] = wide;
    this.#sent.packets += 1;
    this.#sent.bytes += packet.payload.length;
    Object.assign(this.#sent, { timestamp: packet.timestamp, atMs: Date.now() });
    this.#transmit(packet.payload, this.#header(packet, payloadType, wide));
  }

  again(codec: VideoCodec, packet: MediaPacket): void {
    const { payloadTypes, rtxTypes } = this.#spec.agreed;
    const rtxType = rtxTypes.get(codec);
    if (rtxType !== undefined) {
      this.#againByRtx(packet, rtxType);
      return;
    }
    // To the bit as it was, for the cipher has used its number. What arrives now says nothing of the way.
    const wide = this.#wide[packet.sequence % HISTORY] ?? 0;
    this.#log.forget(wide);
    this.#transmit(packet.payload, this.#header(packet, payloadTypes.get(codec) ?? 0, wide));
  }

  /** What the viewer says of when packets came. */
  fates(feedback: TransportWideCC): PacketFate[] {
    return this.#log.fates(this.#arrivals.read(feedback));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#reports);
  }

  /** RFC 4588, 4: its own number, and the one it had before the payload. */
  #againByRtx(packet: MediaPacket, payloadType: number): void {
    const payload = Buffer.allocUnsafe(2 + packet.payload.length);
    payload.writeUInt16BE(packet.sequence, 0);
    packet.payload.copy(payload, 2);
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    const wide = this.#log.add(payload.length + OVERHEAD_BYTES, performance.now());
    const header = this.#header({ ...packet, sequence: this.#rtxSequence }, payloadType, wide);
    header.ssrc = this.#spec.rtxSsrc;
    this.#transmit(payload, header);
  }

  #header({ isLast, sequence, timestamp }: MediaPacket, payloadType: number, wide: number): RtpHeader {
    const extensions = [
      ...(this.#twccId === undefined ? [] : [{ id: this.#twccId, payload: uint16(wide) }]),
      ...(this.#delayId === undefined ? [] : [{ id: this.#delayId, payload: NO_DELAY }]),
    ];
    return new RtpHeader({
      ssrc: this.#spec.ssrc,
      payloadType,
      sequenceNumber: sequence,
      timestamp,
      marker: isLast,
      extension: extensions.length > 0,
      extensions,
    });
  }

  #transmit(payload: Buffer, header: RtpHeader): void {
    const { transport } = this.#spec;
    if (transport.state !== "connected") return;
    transport.sendRtp(payload, header).catch(() => {}); // its end is told elsewhere
  }

  /** RFC 3550, 6.4.1. */
  #report(): void {
    const { transport, ssrc, cname } = this.#spec;
    const { packets, bytes, timestamp, atMs } = this.#sent;
    if (packets === 0 || transport.state !== "connected") return;
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: ((BigInt(atMs) + BigInt(EPOCH) * 1000n) << 32n) / 1000n,
      rtpTimestamp: timestamp,
      packetCount: packets % 2 ** 32,
      octetCount: bytes % 2 ** 32,
    });
    const items = [new SourceDescriptionItem({ type: 1, text: cname })];
    const chunks = [new SourceDescriptionChunk({ source: ssrc, items })];
    transport
      .sendRtcp([new RtcpSrPacket({ ssrc, senderInfo }), new RtcpSourceDescriptionPacket({ chunks })])
      .catch(() => {}); // as above
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value, 0);
  return bytes;
}
