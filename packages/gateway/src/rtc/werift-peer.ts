import type { VideoCodec } from "@browservm/contract";
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpSender,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtpHeader,
  RtpPacket,
} from "werift";
import { takeInput } from "./input-channels.ts";
import type { MediaPacket, RtcPeer, RtcPeerEvents } from "./rtc-peer.ts";
import { agreedCodecs, hasChannels, PLAYOUT_DELAY_URI, playoutDelayId } from "./sdp.ts";

const LOOPBACK = "127.0.0.1";
const FEEDBACK = [{ type: "nack" }, { type: "nack", parameter: "pli" }, { type: "ccm", parameter: "fir" }];
const NAMES: Readonly<Record<VideoCodec, string>> = { vp8: "video/VP8", h264: "video/H264" };
/** RFC 5104, 4.3.1. */
const FIR = 4;
/** Shown as soon as it can be: neither at least nor at most a wait. */
const NO_DELAY = Buffer.from([0, 0, 0]);

/** What is lost is sent again as it was (RFC 4585), without a stream of its own for that (RFC 4588): the codec may change. */
const VIDEO = [
  new RTCRtpCodecParameters({ mimeType: NAMES.vp8, clockRate: 90_000, rtcpFeedback: FEEDBACK }),
  new RTCRtpCodecParameters({
    mimeType: NAMES.h264,
    clockRate: 90_000,
    rtcpFeedback: FEEDBACK,
    parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
  }),
];
const AUDIO = [new RTCRtpCodecParameters({ mimeType: "audio/opus", clockRate: 48_000, channels: 2 })];

/** A connection by werift, which is TypeScript to the ground: no native code reads what strangers send. */
export async function makeWeriftPeer(offer: string, events: RtcPeerEvents): Promise<RtcPeer> {
  const connection = new RTCPeerConnection({
    codecs: { video: VIDEO, audio: AUDIO },
    headerExtensions: { video: [{ id: 0, uri: PLAYOUT_DELAY_URI }] },
    // No address of this machine but loopback: the port in front of it is what others reach.
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceUseTcp: false,
    iceAdditionalHostAddresses: [LOOPBACK],
    iceInterfaceAddresses: { udp4: LOOPBACK },
    iceServers: [],
    iceLite: true,
    bundlePolicy: "max-bundle",
  });
  try {
    const video = connection.addTransceiver("video", { direction: "sendonly" });
    const audio = connection.addTransceiver("audio", { direction: "sendonly" });
    await connection.setRemoteDescription({ type: "offer", sdp: offer });
    await connection.setLocalDescription(await connection.createAnswer());
    if (hasChannels(offer)) takeInput(connection, events);
    const answer = connection.localDescription?.sdp ?? "";
    return new WeriftPeer(connection, { video: video.sender, audio: audio.sender }, answer, events);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface Senders {
  readonly video: RTCRtpSender;
  readonly audio: RTCRtpSender;
}

class WeriftPeer implements RtcPeer {
  readonly answer: string;
  readonly codecs: readonly VideoCodec[];
  readonly #connection: RTCPeerConnection;
  readonly #senders: Senders;
  readonly #events: RtcPeerEvents;
  readonly #delayId: number | undefined;

  constructor(connection: RTCPeerConnection, senders: Senders, answer: string, events: RtcPeerEvents) {
    this.#connection = connection;
    this.#senders = senders;
    this.#events = events;
    this.answer = answer;
    this.codecs = agreedCodecs(answer);
    this.#delayId = playoutDelayId(answer);
    connection.connectionStateChange.subscribe((state) => {
      if (state === "connected") events.connected();
      if (state === "failed" || state === "closed") events.ended();
    });
    senders.video.onPictureLossIndication.subscribe(() => events.needsKey());
    senders.video.onRtcp.subscribe((packet) => this.#report(packet));
  }

  video(codec: VideoCodec, packet: MediaPacket): void {
    const { video } = this.#senders;
    if (video.codec?.mimeType.toLowerCase() !== NAMES[codec].toLowerCase()) this.#turnTo(codec);
    const extensions = this.#delayId === undefined ? [] : [{ id: this.#delayId, payload: NO_DELAY }];
    void video.sendRtp(rtp(packet, extensions));
  }

  audio(packet: MediaPacket): void {
    void this.#senders.audio.sendRtp(rtp(packet, []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  #turnTo(codec: VideoCodec): void {
    const [transceiver] = this.#connection.getTransceivers().filter(({ kind }) => kind === "video");
    const agreed = transceiver?.codecs.find(
      ({ mimeType }) => mimeType.toLowerCase() === NAMES[codec].toLowerCase(),
    );
    if (agreed) this.#senders.video.codec = agreed;
  }

  #report(packet: RtcpPacket): void {
    if (packet instanceof RtcpRrPacket) {
      const own = packet.reports.find(({ ssrc }) => ssrc === this.#senders.video.ssrc);
      if (own) this.#events.loss(own.fractionLost / 256);
    }
    // The library leaves out what it does not know.
    const feedback: { count: number } | undefined =
      packet instanceof RtcpPayloadSpecificFeedback ? packet.feedback : undefined;
    if (feedback?.count === FIR) this.#events.needsKey();
  }
}

function rtp(
  { payload, isLast, sequence, timestamp }: MediaPacket,
  extensions: RtpHeader["extensions"],
): RtpPacket {
  const header = new RtpHeader({
    sequenceNumber: sequence,
    timestamp,
    marker: isLast,
    extension: extensions.length > 0,
    extensions,
  });
  return new RtpPacket(header, payload);
}
