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
}

interface Sent {
  readonly sequence: number;
  readonly sentMs: number;
  readonly bytes: number;
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
    this.#sent[this.#sequence % SIZE] = { sequence: this.#sequence, sentMs, bytes };
    return this.#sequence;
  }

  /** Its arrival would say nothing. */
  forget(sequence: number): void {
    if (this.#sent[sequence % SIZE]?.sequence === sequence) this.#sent[sequence % SIZE] = undefined;
  }

  /** Each packet that arrived is told of once; one that did not may still arrive. */
  fates(arrivals: readonly Arrival[]): PacketFate[] {
    return arrivals.flatMap(({ sequence, arrivedMs }) => {
      const sent = this.#sent[sequence % SIZE];
      if (sent?.sequence !== sequence) return [];
      if (arrivedMs !== null) this.#sent[sequence % SIZE] = undefined;
      return [{ sentMs: sent.sentMs, arrivedMs, bytes: sent.bytes }];
    });
  }
}
