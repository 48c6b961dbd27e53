import type { VideoCodec } from "@browservm/contract";
import type { PacketFate } from "../congestion/send-log.ts";

/** One packet of RTP before it is signed: the library adds what was agreed on. */
export interface MediaPacket {
  readonly payload: Buffer;
  /** The last one of a picture. */
  readonly isLast: boolean;
  readonly sequence: number;
  /** In units of the codec's clock. */
  readonly timestamp: number;
}

export interface RtcPeerEvents {
  readonly connected: () => void;
  /** It was over, or never began. */
  readonly ended: () => void;
  /** PLI or FIR. */
  readonly needsKey: () => void;
  /** Of packets of the picture since the last report, 0 to 1. */
  readonly loss: (fraction: number) => void;
  /** A message of a data channel. */
  readonly input: (bytes: Buffer) => void;
  /** NACK: packets of the picture that the viewer misses. */
  readonly missing: (sequences: readonly number[]) => void;
  /** What became of packets of the picture, in the order in which they were sent (transport-wide feedback). */
  readonly fates: (fates: readonly PacketFate[]) => void;
}

/** One connection of WebRTC that sends a picture and a sound, as a library makes it: listening on loopback only. */
export interface RtcPeer extends AsyncDisposable {
  /** The library's own answer, with its candidate on 127.0.0.1. */
  readonly answer: string;
  /** What the viewer takes. */
  readonly codecs: readonly VideoCodec[];
  video(codec: VideoCodec, packet: MediaPacket): void;
  /** Once more: in a stream of its own where that was agreed on (RFC 4588), else as it was (RFC 4585). */
  again(codec: VideoCodec, packet: MediaPacket): void;
  audio(packet: MediaPacket): void;
}

/** Answers an offer. Rejects, in words for people, when the library cannot. */
export type MakePeer = (offer: string, events: RtcPeerEvents) => Promise<RtcPeer>;
