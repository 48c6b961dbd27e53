import type { VideoFrame } from "@browservm/contract";

/** Which pictures one viewer can decode: those that follow, without a gap, a key frame that it got. */
export class FrameGate {
  #next: number | undefined;

  get needsKey(): boolean {
    return this.#next === undefined;
  }

  /** Whether this one is sent. What is not sent, because there is no room, costs all up to the next key frame. */
  admit({ isKey, sequence }: Pick<VideoFrame, "isKey" | "sequence">, hasRoom: boolean): boolean {
    const isWanted = hasRoom && (isKey || sequence === this.#next);
    this.#next = isWanted ? (sequence + 1) >>> 0 : undefined;
    return isWanted;
  }

  /** From now on only a key frame is of use. */
  reset(): void {
    this.#next = undefined;
  }
}
