const STALLED_MS = 4000;

/** Notices that frames are sent and none arrives. A still picture is none: there nothing is sent. */
export class StallWatch {
  #received = -1;
  #sent = 0;
  #since = 0;

  /** Told both counts now and then; true when it has stalled. */
  look(now: number, sent: number, received: number): boolean {
    if (received !== this.#received || sent < this.#sent) {
      this.#received = received;
      this.#sent = sent;
      this.#since = now;
    }
    // nothing is missing so far: the wait begins with the first frame that is
    if (sent === this.#sent) this.#since = now;
    return now - this.#since >= STALLED_MS;
  }
}
