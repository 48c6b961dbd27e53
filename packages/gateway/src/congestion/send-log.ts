/** One packet of which the viewer said when it came, or that it did not. */
export interface Arrival {
  /** Of all packets of the connection, 16 bits. */
  readonly sequence: number;
  /** By the viewer's clock; null: it did not come (yet). */
  readonly arrivedMs: number | null;
}

/** What became of one packet. */
export interface PacketFate {
  /** By our clock. */
  readonly sentMs: number;
  /** By the viewer's clock; null: it did not come. */
  readonly arrivedMs: number | null;
  readonly bytes: number;
  /** It was told of before, as one that did not come. */
  readonly isLate?: boolean;
}

interface Sent {
  readonly sequence: number;
  readonly sentMs: number;
  readonly bytes: number;
  isMissing: boolean;
}

/** More than a second of the highest rate. */
const SIZE = 4096;

/** Numbers the packets of one connection, and remembers when each was sent until the viewer says what became of it. */
export class SendLog {
  readonly #sent: (Sent | undefined)[] = new Array(SIZE);
  #sequence = 0;

  /** Answers the packet's number. */
  add(bytes: number, sentMs: number): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sent[this.#sequence % SIZE] = { sequence: this.#sequence, sentMs, bytes, isMissing: false };
    return this.#sequence;
  }

  /** Its arrival would say nothing. */
  forget(sequence: number): void {
    if (this.#sent[sequence % SIZE]?.sequence === sequence) this.#sent[sequence % SIZE] = undefined;
  }

  /** Each packet is told of once as missing and once as arrived at most: one that did not come may still. */
  fates(arrivals: readonly Arrival[]): PacketFate[] {
    return arrivals.flatMap(({ sequence, arrivedMs }) => {
      const sent = this.#sent[sequence % SIZE];
      if (sent?.sequence !== sequence || (arrivedMs === null && sent.isMissing)) return [];
      const { sentMs, bytes, isMissing: isLate } = sent;
      if (arrivedMs === null) sent.isMissing = true;
      else this.#sent[sequence % SIZE] = undefined;
      return [{ sentMs, arrivedMs, bytes, ...(isLate ? { isLate } : {}) }];
    });
  }
}
