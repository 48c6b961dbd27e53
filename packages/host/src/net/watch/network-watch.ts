import type { Repair } from "@browservm/contract";
import type { Logger } from "pino";
import { type Actor, NetlinkWatch, type NetworkNotice } from "../../linux/netlink-watch.ts";
import type { LostTap, Mended, NetworkKeeper } from "../keeper.ts";
import { faultOf, type HeldAddress, type NetStep } from "../plan.ts";
import { BackOff, type Decision } from "./back-off.ts";
import { repairsOf } from "./repairs-of.ts";

/** What changes together is looked at together. */
const DEBOUNCE_MS = 30;
/** For state that has no event. */
const SWEEP_MS = 2000;

export interface WatchParts {
  readonly keeper: NetworkKeeper;
  readonly held: () => readonly HeldAddress[];
  /** `never`: faults are only told. */
  readonly heal: "auto" | "never";
  /** Who may have done it, given those whom the kernel named. */
  readonly suspects: (actors: readonly Actor[]) => string[];
  readonly onRepair: (repair: Repair) => void;
  /** Told once when a fault appears that is not repaired because `heal` is `never`. */
  readonly onFault: (step: NetStep) => void;
  readonly onLost: (lost: LostTap, repair: Repair) => void;
  readonly log: Logger;
}

/**
 * Keeps the network as planned: looks whenever the kernel tells of a change, and every two seconds; runs the steps
 * that are missing; tells of each repair, and of those that do not hold.
 */
export class NetworkWatch implements AsyncDisposable {
  readonly #parts: WatchParts;
  readonly #backOff = new BackOff();
  readonly #faults = new Set<string>();
  readonly #actors = new Map<number, Actor>();
  #kernel: NetlinkWatch | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #debounce: NodeJS.Timeout | undefined;
  /** When the first sign of what is not looked at yet was seen. */
  #firstSign: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** From now on the TAPs that are there must stay. Settles when the kernel's messages are heard. */
  async start(): Promise<void> {
    const { keeper, log } = this.#parts;
    keeper.rememberAll();
    this.#kernel = new NetlinkWatch(
      (notice) => this.#hear(notice),
      (error) => log.error({ err: error }, "the kernel's messages are not heard any more; sweeping goes on"),
    );
    await this.#kernel.ready();
    this.#sweep = setInterval(() => void this.look(), SWEEP_MS);
    this.#sweep.unref();
  }

  /** Looks now, and settles when what can be repaired is. Never throws: a failed look is followed by others. */
  async look(): Promise<void> {
    clearTimeout(this.#debounce);
    this.#debounce = undefined;
    try {
      await this.#inTurn(() => this.#round((planned) => this.#decide(planned)));
    } catch (error) {
      this.#parts.log.warn({ err: error }, "a look at the network failed");
    }
  }

  /** Repairs what a person asked for, also where we had given up or do nothing by ourselves. */
  mendAsked(isAsked: (step: NetStep) => boolean): Promise<Mended> {
    return this.#inTurn(() =>
      this.#round((planned) => {
        const faults = new Set(planned.filter(isAsked).map(faultOf));
        for (const fault of faults) this.#backOff.forget(fault);
        return new Map([...faults].map((fault) => [fault, "repair"]));
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#debounce);
    await this.#kernel?.[Symbol.asyncDispose]();
    await this.#turn;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {}); // whoever asked for it hears of it
    return result;
  }

  #hear(notice: NetworkNotice): void {
    for (const actor of notice.actors) if (!this.#isOurs(actor)) this.#actors.set(actor.pid, actor);
    if (this.#isEnded || !this.#concerns(notice)) return;
    this.#firstSign ??= notice.at;
    this.#debounce ??= setTimeout(() => void this.look(), DEBOUNCE_MS);
  }

  /** Our own nft is our child; where that could not be seen any more, it is ours if we were changing rules just now. */
  #isOurs({ parent }: Actor): boolean {
    return parent ? parent.pid === process.pid : this.#parts.keeper.isChanging;
  }

  /** Neighbours come and go all the time; only a guest at a MAC that is not its own is worth a look. */
  #concerns({ what, neighbours }: NetworkNotice): boolean {
    if (what.length > 0) return true;
    if (neighbours.length === 0) return false;
    const macs = new Map<string, string>(this.#parts.held().map(({ address }) => [address.ip, address.mac]));
    return neighbours.some(({ ip, mac }) => (macs.get(ip) ?? mac) !== mac);
  }

  #decide(planned: readonly NetStep[]): Map<string, Decision> {
    if (this.#parts.heal === "never") {
      this.#tellFaults(planned);
      return new Map();
    }
    return new Map([...new Set(planned.map(faultOf))].map((fault) => [fault, this.#backOff.seen(fault)]));
  }

  async #round(decide: (planned: readonly NetStep[]) => Map<string, Decision>): Promise<Mended> {
    const began = this.#firstSign ?? Date.now();
    this.#firstSign = undefined;
    let decisions = new Map<string, Decision>();
    const mended = await this.#parts.keeper.mend((planned) => {
      decisions = decide(planned);
      return planned.filter((step) => decisions.get(faultOf(step)) === "repair");
    });
    for (const { step } of mended.ran) this.#backOff.repaired(faultOf(step));
    const suspects = () => this.#parts.suspects([...this.#actors.values()]);
    this.#tell(mended, repairsOf({ mended, decisions, began, ended: Date.now(), suspects }));
    if (mended.left.length === 0) this.#actors.clear();
    return mended;
  }

  #tell({ lost }: Mended, repairs: readonly Repair[]): void {
    for (const repair of repairs) {
      this.#parts.log.warn({ repair }, "network repair");
      this.#parts.onRepair(repair);
      const tap = lost.find(({ vmId }) => vmId === repair.vmId);
      if (tap && repair.outcome === "not-repairable") this.#parts.onLost(tap, repair);
    }
  }

  #tellFaults(planned: readonly NetStep[]): void {
    const now = new Map(planned.map((step) => [faultOf(step), step]));
    for (const fault of this.#faults) if (!now.has(fault)) this.#faults.delete(fault);
    for (const [fault, step] of now) {
      if (!this.#faults.has(fault)) this.#parts.onFault(step);
      this.#faults.add(fault);
    }
  }
}
