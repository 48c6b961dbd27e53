import type { StatusVectorChunk, TransportWideCC } from "werift";
import type { Arrival } from "../congestion/send-log.ts";

const [SMALL_DELTA, LARGE_DELTA, NO_DELTA] = [1, 2, 3];
const REFERENCE_MS = 64;
const REFERENCE_SPAN = 2 ** 24;

/**
 * Reads transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01). The library parses its fields, but
 * its own results leave out vectors and round to milliseconds.
 */
export class TwccArrivals {
  /** The viewer's clock in units of 64 ms, which wraps each twelve days. */
  #reference: number | undefined;

  read(feedback: TransportWideCC): Arrival[] {
    const statuses = feedback.packetChunks.flatMap(statusesOf).slice(0, feedback.packetStatusCount);
    const deltas = feedback.recvDeltas.values();
    let ms = this.#referenceOf(feedback.referenceTime) * REFERENCE_MS;
    return statuses.flatMap((status, index): Arrival[] => {
      if (status === NO_DELTA) return [];
      const sequence = (feedback.baseSequenceNumber + index) & 0xffff;
      if (status !== SMALL_DELTA && status !== LARGE_DELTA) return [{ sequence, arrivedMs: null }];
      ms += (deltas.next().value?.delta ?? 0) / 1000;
      return [{ sequence, arrivedMs: ms }];
    });
  }

  #referenceOf(told: number): number {
    const before = this.#reference ?? told;
    const step = (((told - before) % REFERENCE_SPAN) + REFERENCE_SPAN) % REFERENCE_SPAN;
    this.#reference = before + (step < REFERENCE_SPAN / 2 ? step : step - REFERENCE_SPAN);
    return this.#reference;
  }
}

function statusesOf(chunk: TransportWideCC["packetChunks"][number]): number[] {
  if ("runLength" in chunk) return new Array<number>(chunk.runLength).fill(chunk.packetStatus);
  const { symbolList }: StatusVectorChunk = chunk;
  return symbolList;
}
