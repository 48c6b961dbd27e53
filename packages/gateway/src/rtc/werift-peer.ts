import type { VideoCodec } from "@browservm/contract";
import {
  GenericNack,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpSender,
  RTP_EXTENSION_URI,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
  TransportWideCC,
} from "werift";
import { agreedOn, PLAYOUT_DELAY_URI } from "./agreed.ts";
import { takeInput } from "./input-channels.ts";
import type { MediaPacket, RtcPeer, RtcPeerEvents } from "./rtc-peer.ts";
import { boundFeedback } from "./rtcp-bounds.ts";
import { hasChannels } from "./sdp.ts";
import { VideoStream } from "./video-stream.ts";

const LOOPBACK = "127.0.0.1";
const FEEDBACK = [
  { type: "nack" },
  { type: "nack", parameter: "pli" },
  { type: "ccm", parameter: "fir" },
  { type: "transport-cc" },
];
/** RFC 4585, 6.3.1, and RFC 5104, 4.3.1. */
const [PLI, FIR] = [1, 4];

/** Each codec with a stream for what is sent again (RFC 4588) behind it. */
const RTX = { mimeType: "video/rtx", clockRate: 90_000 };
const VIDEO = [
  new RTCRtpCodecParameters({ mimeType: "video/VP8", clockRate: 90_000, rtcpFeedback: FEEDBACK }),
  new RTCRtpCodecParameters(RTX),
  new RTCRtpCodecParameters({
    mimeType: "video/H264",
    clockRate: 90_000,
    rtcpFeedback: FEEDBACK,
    parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
  }),
  new RTCRtpCodecParameters(RTX),
];
const AUDIO = [new RTCRtpCodecParameters({ mimeType: "audio/opus", clockRate: 48_000, channels: 2 })];
const EXTENSIONS = [PLAYOUT_DELAY_URI, RTP_EXTENSION_URI.transportWideCC];

/** A connection by werift, which is TypeScript to the ground: no native code reads what strangers send. */
export async function makeWeriftPeer(offer: string, events: RtcPeerEvents): Promise<RtcPeer> {
  const connection = new RTCPeerConnection({
    codecs: { video: VIDEO, audio: AUDIO },
    headerExtensions: { video: EXTENSIONS.map((uri) => ({ id: 0, uri })) },
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
    for (const transport of connection.dtlsTransports) boundFeedback(transport);
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
  readonly #video: VideoStream;

  constructor(connection: RTCPeerConnection, senders: Senders, answer: string, events: RtcPeerEvents) {
    this.#connection = connection;
    this.#senders = senders;
    this.#events = events;
    this.answer = answer;
    const agreed = agreedOn(answer);
    this.codecs = [...agreed.payloadTypes.keys()];
    const { ssrc, rtxSsrc, transport } = senders.video;
    const cname = /^a=ssrc:\d+ cname:(\S+)/m.exec(answer)?.[1] ?? "";
    this.#video = new VideoStream({ transport, agreed, ssrc, rtxSsrc, cname });
    connection.connectionStateChange.subscribe((state) => {
      if (state === "connected") events.connected();
      if (state === "failed" || state === "closed") events.ended();
    });
    // Before the library gives it to a stream: some viewers send feedback in the name of the one for packets sent again.
    transport.onRtcp.subscribe((packet) => this.#hear(packet));
  }

  video(codec: VideoCodec, packet: MediaPacket): void {
    this.#video.send(codec, packet);
  }

  again(codec: VideoCodec, packet: MediaPacket): void {
    this.#video.again(codec, packet);
  }

  audio({ payload, isLast, sequence, timestamp }: MediaPacket): void {
    const header = new RtpHeader({ sequenceNumber: sequence, timestamp, marker: isLast });
    void this.#senders.audio.sendRtp(new RtpPacket(header, payload));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#video[Symbol.dispose]();
    await this.#connection.close();
  }

  #hear(packet: RtcpPacket): void {
    if (packet instanceof RtcpRrPacket) this.#report(packet);
    else if (packet instanceof RtcpPayloadSpecificFeedback) {
      // The library leaves out what it does not know.
      const feedback: { count: number } | undefined = packet.feedback;
      if (feedback?.count === PLI || feedback?.count === FIR) this.#events.needsKey();
    } else if (packet instanceof RtcpTransportLayerFeedback) {
      const { feedback } = packet;
      if (feedback instanceof TransportWideCC) this.#events.fates(this.#video.fates(feedback));
      if (feedback instanceof GenericNack && feedback.mediaSourceSsrc === this.#senders.video.ssrc)
        this.#events.missing(feedback.lost);
    }
  }

  #report(packet: RtcpRrPacket): void {
    const own = packet.reports.find(({ ssrc }) => ssrc === this.#senders.video.ssrc);
    if (own) this.#events.loss(own.fractionLost / 256);
  }
}
