import type { VmAddress, VmId } from "@browservm/contract";
import type { Logger } from "pino";
import { findLink } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import type { Canary } from "./canary.ts";
import { readNetwork } from "./current.ts";
import type { LearnedAddresses } from "./egress/learned-addresses.ts";
import type { ProxyFlows } from "./egress/proxy/proxy-flows.ts";
import type { LoadedRules } from "./firewall/loaded-rules.ts";
import type { FirewallDesk } from "./firewall-desk.ts";
import { type RanStep, runSteps } from "./net-runners.ts";
import { type CurrentNetwork, type NetStep, type NetworkTarget, planNetwork } from "./plan.ts";
import type { RememberedSysctls } from "./remembered-sysctls.ts";
import type { HeldSlot, SlotStore } from "./slots.ts";

export interface KeeperParts {
  readonly log: Logger;
  readonly slots: SlotStore;
  readonly netlink: NetlinkSocket;
  readonly canary: Canary;
  readonly rules: LoadedRules;
  readonly firewall: FirewallDesk;
  readonly learned: LearnedAddresses;
  readonly flows: ProxyFlows;
  readonly target: Omit<NetworkTarget, "held">;
  readonly machineSysctls: RememberedSysctls;
  /** Told of every step before it runs. */
  readonly onStep: (step: NetStep) => void;
}

/** A TAP that is not the one that we made any more. */
export interface LostTap {
  readonly vmId: VmId;
  readonly tap: string;
  /** Another link has its name now. */
  readonly isReplaced: boolean;
}

/** One look at the network, and what was done about it. */
export interface Mended {
  readonly planned: readonly NetStep[];
  readonly ran: readonly RanStep[];
  /** What is still missing afterwards. */
  readonly left: readonly NetStep[];
  readonly lost: readonly LostTap[];
}

/** Compares the network with its target and runs what is missing, while nobody else changes rules. */
export class NetworkKeeper {
  readonly #parts: KeeperParts;
  /** TAPs that are being made or removed at this moment: half-done is no fault. */
  readonly #busy = new Set<string>();
  /** ifindex of every TAP that we made (or found at our start) and did not remove. */
  readonly #made = new Map<string, number>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Runs `work`, which makes or removes this TAP; meanwhile nothing about it is a fault. */
  async whileChanging<T>({ tap }: VmAddress, work: () => Promise<T>): Promise<T> {
    this.#busy.add(tap);
    this.#made.delete(tap);
    try {
      return await work();
    } finally {
      this.#busy.delete(tap);
    }
  }

  /** Its VM is being ended: from now on this TAP may go by itself, as a veth does with its guest. */
  letGo({ tap }: VmAddress): void {
    this.#made.delete(tap);
  }

  /** From now on this TAP must stay the one that it is. */
  remember({ tap }: VmAddress): void {
    const link = findLink(this.#parts.netlink, tap);
    if (link) this.#made.set(tap, link.index);
  }

  /** The same for every TAP that a VM holds. */
  rememberAll(): void {
    for (const { address } of this.#held()) if (!this.#made.has(address.tap)) this.remember(address);
  }

  /** Whether rules are being changed (or looked at) by us at this moment. */
  get isChanging(): boolean {
    return this.#parts.firewall.isBusy;
  }

  /** The network as it is. */
  read(): Promise<CurrentNetwork> {
    return readNetwork(this.#parts, this.#parts.target);
  }

  /** What is missing now. */
  missing(): Promise<NetStep[]> {
    return this.#parts.firewall.exclusively(async () => this.#plan(await this.read()));
  }

  /** Looks, runs those of the missing steps that `choose` answers, and looks again. */
  mend(choose: (planned: readonly NetStep[]) => readonly NetStep[]): Promise<Mended> {
    return this.#parts.firewall.exclusively(async () => {
      const current = await this.read();
      const lost = this.#takeLost(current);
      const planned = this.#plan(current);
      const chosen = choose(planned);
      if (chosen.length === 0) return { planned, ran: [], left: planned, lost };
      const ran = await this.#run(chosen);
      return { planned, ran, left: this.#plan(await this.read()), lost };
    });
  }

  #plan(current: CurrentNetwork): NetStep[] {
    // Behind its fence a TAP is as it must be: off the bridge and in no set.
    const held = this.#held().filter(({ address, fenced }) => !fenced && !this.#busy.has(address.tap));
    return planNetwork(current, { ...this.#parts.target, held });
  }

  #held(): readonly HeldSlot[] {
    return this.#parts.slots.held();
  }

  #run(steps: readonly NetStep[]): Promise<RanStep[]> {
    const { target, log, onStep } = this.#parts;
    return runSteps(steps, { ...this.#parts, bridge: target.bridge }, (step) => {
      // Asked at the last moment: to plug a TAP in that is being removed would save it from its removal.
      if ("name" in step && this.#busy.has(step.name)) return false;
      log.debug({ step: step.do, because: step.because }, "network step");
      onStep(step);
      return true;
    });
  }

  /** Each is told once. */
  #takeLost({ taps, names }: CurrentNetwork): LostTap[] {
    const present = new Map(taps.map(({ name, index }) => [name, index]));
    const taken = new Set(names.values());
    const lost = this.#held()
      .filter(({ address: { tap } }) => this.#made.has(tap) && this.#made.get(tap) !== present.get(tap))
      .map(({ vmId, address: { tap } }) => ({ vmId, tap, isReplaced: taken.has(tap) }));
    for (const { tap } of lost) this.#made.delete(tap);
    return lost;
  }
}
