const KEPT = 20;

interface Sample {
  readonly rttMs: number;
  readonly offsetUs: number;
}

/** The guest's clock seen from here, by pings. The quickest of the last answers is the truest. */
export class GuestClock {
  #samples: Sample[] = [];

  /** An answer to a ping: when it was sent and came back (milliseconds of our clock), and the guest's clock between. */
  add({ sentAt, backAt, guestUs }: { sentAt: number; backAt: number; guestUs: number }): void {
    const rttMs = backAt - sentAt;
    if (rttMs < 0) return;
    const offsetUs = guestUs - (sentAt + rttMs / 2) * 1000;
    this.#samples = [...this.#samples.slice(1 - KEPT), { rttMs, offsetUs }];
  }

  /** The guest's microseconds at one of our milliseconds; null while nothing is known of it. */
  at(ms: number): number | null {
    const [first, ...rest] = this.#samples;
    if (first === undefined) return null;
    const best = rest.reduce((least, one) => (one.rttMs <= least.rttMs ? one : least), first);
    return ms * 1000 + best.offsetUs;
  }

  /** Another guest, or the same after a pause: what was known of its clock is void. */
  forget(): void {
    this.#samples = [];
  }
}
