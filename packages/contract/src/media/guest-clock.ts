/** One answered ping: our clock before and after, the guest's in between; all in microseconds. */
export interface ClockSample {
  readonly sentUs: number;
  readonly receivedUs: number;
  readonly guestUs: number;
}

/** So many of the last samples count: the quickest of them is the least wrong. */
const KEPT = 16;

/** The guest's clock as gateway or page see it. Its error is at most half of the quickest round trip. */
export class GuestClock {
  #samples: ClockSample[] = [];

  add(sample: ClockSample): void {
    if (roundTrip(sample) < 0) return;
    this.#samples = [...this.#samples, sample].slice(-KEPT);
  }

  /** Of the last ping, in milliseconds; null before the first. */
  get rttMs(): number | null {
    const last = this.#samples.at(-1);
    return last ? roundTrip(last) / 1000 : null;
  }

  /** What the guest's clock shows when ours shows `ourUs`; null before the first ping. */
  guestUs(ourUs: number): number | null {
    const [first, ...others] = this.#samples;
    if (!first) return null;
    const best = others.reduce((a, b) => (roundTrip(b) <= roundTrip(a) ? b : a), first);
    return best.guestUs + ourUs - (best.sentUs + best.receivedUs) / 2;
  }

  /** Another guest, or the same after a pause: what was known of its clock is void. */
  forget(): void {
    this.#samples = [];
  }
}

const roundTrip = ({ sentUs, receivedUs }: ClockSample): number => receivedUs - sentUs;
