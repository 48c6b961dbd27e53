import type { VideoCodec } from "@browservm/contract";
import type { MediaPacket } from "./rtc-peer.ts";

/** More than a second of the highest rate; payloads are shared by all viewers. */
const SIZE = 1024;
/** Nobody can miss a packet again before it could have come. */
const MIN_MS = 20;

interface Kept {
  readonly codec: VideoCodec;
  readonly packet: MediaPacket;
  sentAt: number;
}

/** The newest packets of the picture, for a viewer that misses some. */
export class PacketHistory {
  readonly #kept: (Kept | undefined)[] = new Array(SIZE);

  add(codec: VideoCodec, packet: MediaPacket, now: number): void {
    this.#kept[packet.sequence % SIZE] = { codec, packet, sentAt: now };
  }

  /** What is to be sent once more. Undefined when it is too old, or was sent just now. */
  take(sequence: number, now: number): Pick<Kept, "codec" | "packet"> | undefined {
    const kept = this.#kept[sequence % SIZE];
    if (kept?.packet.sequence !== sequence || now - kept.sentAt < MIN_MS) return undefined;
    kept.sentAt = now;
    return kept;
  }
}
