/** So long after the first that was missing frames are sent and none is whole. */
const STALLED_MS = 3000;
/** So long after it not one byte comes by datagrams, which do not wait for each other. Two looks, a second apart. */
const SILENT_MS = 900;

export interface Arrivals {
  /** Whole frames. */
  readonly received: number;
  readonly bytes: number;
  /** A lost packet keeps no other from coming. */
  readonly isDatagram: boolean;
}

/**
 * Notices that frames are sent and do not arrive. A still picture is none: there nothing is sent. Both counts come at
 * their own times, so a wait begins only with the first frame that was sent after something had arrived, and ends in a
 * look at what arrived.
 */
export class StallWatch {
  readonly #frames = new Wait(STALLED_MS);
  readonly #bytes = new Wait(SILENT_MS);

  /** The gateway has sent so many frames. */
  sent(now: number, count: number): void {
    this.#frames.sent(now, count);
    this.#bytes.sent(now, count);
  }

  /** So much has arrived; true when it has stalled. */
  arrived(now: number, { received, bytes, isDatagram }: Arrivals): boolean {
    const isStalled = this.#frames.arrived(now, received);
    const isSilent = this.#bytes.arrived(now, bytes);
    return isStalled || (isDatagram && isSilent);
  }
}

/** For one count of what arrives. */
class Wait {
  readonly #limitMs: number;
  #arrived = -1;
  /** How many frames were sent when nothing was missing; undefined: that is told next. */
  #sent: number | undefined;
  #since: number | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  sent(now: number, count: number): void {
    if (this.#sent === undefined || count < this.#sent) {
      this.#sent = count;
      this.#since = undefined;
    } else if (count > this.#sent) this.#since ??= now;
  }

  arrived(now: number, count: number): boolean {
    if (count !== this.#arrived) {
      this.#arrived = count;
      this.#sent = this.#since = undefined;
    }
    return this.#since !== undefined && now - this.#since >= this.#limitMs;
  }
}
