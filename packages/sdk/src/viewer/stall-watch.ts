/** So long after the first frame that is missing none is whole. */
const STALLED = { ms: 3000, frames: 1 };
/**
 * So long after it, and of so many, not one byte comes by datagrams, which do not wait for each other: two looks, a second
 * apart. A line that loses packets may lose a single frame of a still picture, and not these.
 */
const SILENT = { ms: 900, frames: 8 };

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
  readonly #frames = new Wait(STALLED);
  readonly #bytes = new Wait(SILENT);

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
  readonly #limit: typeof STALLED;
  #arrived = -1;
  /** How many frames were sent when nothing was missing; undefined: that is told next. */
  #sent: number | undefined;
  #since: number | undefined;
  #missing = 0;

  constructor(limit: typeof STALLED) {
    this.#limit = limit;
  }

  sent(now: number, count: number): void {
    if (this.#sent === undefined || count < this.#sent) {
      this.#sent = count;
      this.#since = undefined;
    } else if (count > this.#sent) this.#since ??= now;
    this.#missing = count - this.#sent;
  }

  arrived(now: number, count: number): boolean {
    if (count !== this.#arrived) {
      this.#arrived = count;
      this.#sent = this.#since = undefined;
    }
    if (this.#since === undefined || this.#missing < this.#limit.frames) return false;
    return now - this.#since >= this.#limit.ms;
  }
}
