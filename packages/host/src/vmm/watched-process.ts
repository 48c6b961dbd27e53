import { BrowserVmError } from "@browservm/contract";
import { closePidfd, hasExited, openPidfd, type Pidfd, signalPidfd } from "../linux/pidfd.ts";
import type { DetachedProcess, ExitStatus } from "../process/detached.ts";
import { isAlive, type ProcessIdentity } from "../process/identity.ts";

const SWEEP_MS = 250;
/** A killed VMM with much memory needs seconds to go. */
const GONE_WITHIN_MS = 60_000;

/** One very process, child or not, held by a pidfd: a re-used pid is never watched nor signalled. */
export class WatchedProcess {
  readonly identity: ProcessIdentity;
  /** Settles once, when the process has ended; never after `detach`. */
  readonly exited: Promise<ExitStatus>;
  readonly #settle: (status: ExitStatus) => void;
  #pidfd: Pidfd | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #isDetached = false;

  /** A child that just started. */
  static ofChild(child: DetachedProcess): WatchedProcess {
    // It may have ended already; then `child.exited` tells.
    const pidfd = isAlive(child.identity) ? openPidfd(child.identity.pid) : undefined;
    const watched = new WatchedProcess(child.identity, pidfd);
    void child.exited.then((status) => watched.#ended(status));
    return watched;
  }

  /** A process that outlived its parent; undefined when it is gone. */
  static adopt(identity: ProcessIdentity): WatchedProcess | undefined {
    const pidfd = openPidfd(identity.pid);
    if (pidfd === undefined) return undefined;
    // Asked after the pidfd was opened, so that the pidfd cannot mean a later process.
    if (!isAlive(identity)) {
      closePidfd(pidfd);
      return undefined;
    }
    const watched = new WatchedProcess(identity, pidfd);
    watched.#watch(SWEEP_MS);
    return watched;
  }

  private constructor(identity: ProcessIdentity, pidfd: Pidfd | undefined) {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.identity = identity;
    this.exited = promise;
    this.#settle = resolve;
    this.#pidfd = pidfd;
  }

  /** False when it has ended. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#pidfd !== undefined && signalPidfd(this.#pidfd, signal);
  }

  /** Kills it and waits until it is gone. DEADLINE_EXCEEDED when the kernel does not let it go. */
  async kill(): Promise<ExitStatus> {
    this.signal("SIGKILL");
    this.lookClosely();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const { pid } = this.identity;
      const error = new BrowserVmError("DEADLINE_EXCEEDED", `the killed VMM ${pid} does not end`, { pid });
      timer = setTimeout(() => reject(error), GONE_WITHIN_MS);
    });
    return Promise.race([this.exited, late]).finally(() => clearTimeout(timer));
  }

  /** Something says that it ends now (its socket closed): a process that is not our child is then swept faster. */
  lookClosely(): void {
    if (this.#sweep) this.#watch(10);
  }

  /** Stops watching. */
  detach(): void {
    this.#isDetached = true;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    if (this.#pidfd !== undefined) closePidfd(this.#pidfd);
    this.#pidfd = undefined;
  }

  #watch(everyMs: number): void {
    clearInterval(this.#sweep);
    this.#sweep = setInterval(() => {
      const gone = this.#pidfd === undefined || hasExited(this.#pidfd);
      if (gone) this.#ended({ code: null, signal: null, observed: false });
    }, everyMs);
  }

  #ended(status: ExitStatus): void {
    // A child's end is told all the same; but it is another's now to clean up.
    if (this.#isDetached) return;
    this.detach();
    this.#settle(status);
  }
}
