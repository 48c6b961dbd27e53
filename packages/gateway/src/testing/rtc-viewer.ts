import { INPUT_CHANNELS } from "@browservm/contract";
import {
  type RTCDataChannel,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTP_EXTENSION_URI,
  RtcpRrPacket,
  type RtpPacket,
  Vp8RtpPayload,
} from "werift";
import type { TestViewer } from "./test-viewer.ts";

const FEEDBACK = [{ type: "nack" }, { type: "nack", parameter: "pli" }, { type: "ccm", parameter: "fir" }];
const TWCC_URI = RTP_EXTENSION_URI.transportWideCC;
const VP8 = { mimeType: "video/VP8", clockRate: 90_000, rtcpFeedback: FEEDBACK };
const RTX = { mimeType: "video/rtx", clockRate: 90_000 };
const OPUS = { mimeType: "audio/opus", clockRate: 48_000, channels: 2 };

export interface RtcViewerSpec {
  readonly transport: "udp" | "tcp";
  /** Takes packets again in a stream of their own, and numbers of the whole connection, as browsers do. */
  readonly isModern?: boolean;
}

/** The receiving end of WebRTC: pictures as they were before they were cut into packets. */
export class RtcViewer implements AsyncDisposable {
  readonly connection: RTCPeerConnection;
  readonly frames: Array<{ data: Buffer; timestamp: number; isKey: boolean }> = [];
  readonly #transport: "udp" | "tcp";
  /** Of packets of the picture, in the order in which they came. */
  readonly sequences: number[] = [];
  sounds = 0;
  readonly #channels: RTCDataChannel[];
  #parts: Buffer[] = [];

  constructor({ transport, isModern = false }: RtcViewerSpec) {
    this.#transport = transport;
    this.connection = new RTCPeerConnection({
      codecs: {
        video: (isModern ? [VP8, RTX] : [VP8]).map((one) => new RTCRtpCodecParameters(one)),
        audio: [new RTCRtpCodecParameters(OPUS)],
      },
      headerExtensions: isModern ? { video: [{ id: 0, uri: TWCC_URI }] } : {},
      iceServers: [],
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceUseTcp: transport === "tcp",
      iceTcpPassive: false,
      iceAdditionalHostAddresses: ["127.0.0.1"],
      bundlePolicy: "max-bundle",
    });
    this.#channels = INPUT_CHANNELS.map(({ label, id, options }) =>
      this.connection.createDataChannel(label, { negotiated: true, id, ...options }),
    );
    this.connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        if (track.kind === "video") this.#take(packet);
        else this.sounds += 1;
      });
    });
  }

  async offer(): Promise<string> {
    this.connection.addTransceiver("video", { direction: "recvonly" });
    this.connection.addTransceiver("audio", { direction: "recvonly" });
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return this.connection.localDescription?.sdp ?? "";
  }

  /** Takes from the answer only the way that this viewer is to come by. */
  async accept(answer: string): Promise<void> {
    const other = this.#transport === "udp" ? " 1 tcp " : " 1 udp ";
    const lines = answer
      .split("\r\n")
      .filter((line) => !(line.startsWith("a=candidate") && line.includes(other)));
    await this.connection.setRemoteDescription({ type: "answer", sdp: lines.join("\r\n") });
  }

  /** The two for input, open. */
  async channels(): Promise<{ moves: RTCDataChannel; input: RTCDataChannel }> {
    const [moves, input] = this.#channels;
    if (!moves || !input) throw new Error("there are two channels");
    while (this.#channels.some(({ readyState }) => readyState !== "open"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    return { moves, input };
  }

  /** Offers by the gateway's own signalling. */
  async connect(viewer: TestViewer, hasChosen = false): Promise<void> {
    if (!hasChosen) viewer.say({ type: "rung/choose", rung: "webrtc", audio: true });
    viewer.say({ type: "signal/offer", sdp: await this.offer() });
    const answer = await new Promise<string>((resolve, reject) => {
      const timer = setInterval(() => {
        const [found] = viewer.of("signal/answer");
        if (found) resolve(found.sdp);
        if (viewer.refusals.length > 0) reject(new Error(JSON.stringify(viewer.of("system/refused"))));
        if (found || viewer.refusals.length > 0) clearInterval(timer);
      }, 5);
    });
    await this.accept(answer);
  }

  /** Sends RTCP as these bytes: the library's own feedback is shorter than it says. */
  async tell(rtcp: Buffer): Promise<void> {
    const transport = this.connection.dtlsTransports[0];
    const packet = new RtcpRrPacket({ reports: [] });
    packet.serialize = () => Buffer.from(rtcp);
    await transport?.sendRtcp([packet]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }

  #take({ header, payload }: RtpPacket): void {
    this.sequences.push(header.sequenceNumber);
    const { payload: part } = Vp8RtpPayload.deSerialize(payload);
    this.#parts.push(part);
    if (!header.marker) return;
    const data = Buffer.concat(this.#parts);
    this.#parts = [];
    this.frames.push({ data, timestamp: header.timestamp, isKey: ((data[0] ?? 1) & 1) === 0 });
  }
}
