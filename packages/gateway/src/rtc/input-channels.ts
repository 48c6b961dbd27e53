import { INPUT_CHANNELS, MAX_NUMBERED_BYTES } from "@browservm/contract";
import type { RTCPeerConnection } from "werift";
import type { RtcPeerEvents } from "./rtc-peer.ts";
import { isPlainPacket } from "./sctp-packet.ts";

/** Numbers of packets that came ahead of one that is missing. A viewer that leaves more open never means to send it. */
const MAX_AHEAD = 512;

const BOUNDS = { streams: INPUT_CHANNELS.length, maxBytes: MAX_NUMBERED_BYTES };

/** What there is of the library's SCTP and its types keep to themselves; the version is pinned. */
interface OpenSctp {
  handleData(packet: Buffer): Promise<void>;
  readonly sackMisOrdered: ReadonlySet<number>;
}

/** Takes a viewer's input over data channels that both sides know without a word: no viewer can open others. */
export function takeInput(connection: RTCPeerConnection, events: Pick<RtcPeerEvents, "input">): void {
  for (const { label, id, options } of INPUT_CHANNELS) {
    const channel = connection.createDataChannel(label, { negotiated: true, id, ...options });
    channel.onMessage.subscribe((data) => {
      if (typeof data !== "string") events.input(data);
    });
  }
  const { sctpTransport } = connection;
  if (!sctpTransport) throw new Error("the library has no SCTP");
  const sctp = sctpTransport.sctp as unknown as OpenSctp;
  // In the place of the library's own, which lets one bad packet end the process.
  sctpTransport.dtlsTransport.dataReceiver = (packet) => {
    if (!isPlainPacket(packet, BOUNDS)) return;
    if (sctp.sackMisOrdered.size > MAX_AHEAD) return void connection.close().catch(() => {});
    sctp.handleData(packet).catch(() => {}); // what it does not understand is as good as lost
  };
}
