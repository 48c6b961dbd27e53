/** What is sent when there is room for so many bytes. */
export interface Paced {
  readonly bytes: number;
  readonly send: () => void;
}

/** Faster than pictures are made, so that one that is large catches up (as WebRTC's own senders do). */
const FACTOR = 2.5;
/** So much may leave at once: an ordinary picture never waits, in bytes. */
const BURST_BYTES = 12_000;
/** What waits has left after so long, however slow the way is said to be: little more than a picture of 30 a second. */
const SPREAD_MS = 40;
/** What is missed is not sent again when more than so much would wait, in bytes: it would leave as fast as all else. */
const MAX_WAITING_BYTES = 128 * 1024;

/** Spreads the packets of large pictures, for small buffers on the way lose what comes all at once. */
export class Pacer implements Disposable {
  readonly #kbps: () => number;
  readonly #now: () => number;
  #waiting: Paced[] = [];
  #waitingBytes = 0;
  #room = BURST_BYTES;
  #filledAt: number;
  /** In bytes per millisecond. */
  #speed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(kbps: () => number, now: () => number = () => performance.now()) {
    this.#kbps = kbps;
    this.#now = now;
    this.#filledAt = now();
  }

  push(packets: readonly Paced[]): void {
    this.#waiting.push(...packets);
    this.#begin(packets);
  }

  /** Before all that waits: somebody waits for these. Leaves out what is too much. */
  pushFirst(packets: readonly Paced[]): void {
    let room = MAX_WAITING_BYTES - this.#waitingBytes;
    const taken = packets.filter(({ bytes }) => {
      room -= bytes;
      return room >= 0;
    });
    this.#waiting.unshift(...taken);
    this.#begin(taken);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #begin(packets: readonly Paced[]): void {
    this.#fill();
    this.#waitingBytes += packets.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#speed = Math.max((FACTOR * this.#kbps()) / 8, this.#waitingBytes / SPREAD_MS);
    if (!this.#timer) this.#flush();
  }

  #fill(): void {
    const now = this.#now();
    this.#room = Math.min(BURST_BYTES, this.#room + (now - this.#filledAt) * this.#speed);
    this.#filledAt = now;
  }

  #flush(): void {
    this.#timer = undefined;
    this.#fill();
    let sent = 0;
    while (this.#room > 0) {
      const next = this.#waiting[sent];
      if (!next) break;
      sent += 1;
      this.#room -= next.bytes;
      this.#waitingBytes -= next.bytes;
      next.send();
    }
    this.#waiting.splice(0, sent);
    if (this.#waiting.length > 0)
      this.#timer = setTimeout(() => this.#flush(), Math.max(1, -this.#room / this.#speed));
  }
}
