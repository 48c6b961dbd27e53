import { isBrowserVmError, type VmAddress } from "@browservm/contract";
import { Mutex } from "async-mutex";
import { egressElements, type SlotEgress } from "./egress/egress-elements.ts";
import { EGRESS_LEARNED_SETS, EGRESS_PLANNED_SETS, EGRESS_TABLE } from "./egress/egress-sets.ts";
import { applyNft, elementsOf, listNft, type Ruleset } from "./firewall/nft.ts";
import {
  renderAdmission,
  renderExpulsion,
  renderRenewal,
  type SetElement,
  type Table,
} from "./firewall/ruleset.ts";
import { elementsOfVm, keyOfElement as keyOf, toElement } from "./plan/elements.ts";

/** Whose elements they are. */
interface Guest {
  readonly address: VmAddress;
  readonly egress?: SlotEgress;
}

/** Lets VMs in and out of the loaded rules. One change at a time: nft starts over when the rules change under it. */
export class FirewallDesk {
  readonly #tables: readonly Table[];
  readonly #mutex = new Mutex();

  constructor(tables: readonly Table[]) {
    this.#tables = tables;
  }

  get isBusy(): boolean {
    return this.#mutex.isLocked();
  }

  /** Runs `work` while nobody else changes rules. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.runExclusive(work);
  }

  admit({ address, egress }: Guest): Promise<void> {
    return this.exclusively(async () => {
      // A question of the slot's last VM may have been answered when that was gone already.
      const stale = egress ? egressOf(await listNft(), address.ip) : [];
      await applyNft(renderExpulsion(stale) + renderAdmission(elementsOfVm(address, egress)));
    });
  }

  /** Puts the policy in force, in one transaction: what it does not ask for goes, `learned` excepted. */
  change({ address, egress }: Guest, learned: readonly SetElement[]): Promise<void> {
    return this.exclusively(async () => {
      const planned = new Map(
        (egress ? egressElements(address, egress) : []).map((one) => [keyOf(one), one]),
      );
      const kept = new Set([...planned.keys(), ...learned.map(keyOf)]);
      const loaded = new Map(egressOf(await listNft(), address.ip).map((one) => [keyOf(one), one]));
      const gone = [...loaded].filter(([key]) => !kept.has(key)).map(([, element]) => element);
      const missing = [...planned].filter(([key]) => !loaded.has(key)).map(([, element]) => element);
      // What overlaps an element of the new policy must be gone before that comes.
      await applyNft(renderExpulsion(gone) + renderAdmission(missing) + renderRenewal(learned));
    });
  }

  /** Also when its elements, or our tables, are gone already; with all that a policy left. */
  expel({ address, egress }: Guest): Promise<void> {
    return this.exclusively(async () => {
      const left = egress ? egressOf(await listNft(), address.ip) : [];
      await this.#remove([...elementsOfVm(address), ...left]);
    });
  }

  /** Removes every VM's element but those of `kept`; answers what it removed. */
  expelAllBut(kept: readonly Guest[]): Promise<string[]> {
    return this.exclusively(async () => {
      const wanted = new Set(kept.flatMap(({ address, egress }) => elementsOfVm(address, egress)).map(keyOf));
      const guests = new Set<string>(kept.filter(({ egress }) => egress).map(({ address }) => address.ip));
      const strays = vmElements(await listNft()).filter(
        (element) => !wanted.has(keyOf(element)) && !(isPassing(element) && guests.has(guestOf(element))),
      );
      await this.#remove(strays);
      return strays.map(({ table, set, element }) => `${table} ${set} { ${element} }`);
    });
  }

  /** Deletes our tables. */
  removeTables(): Promise<void> {
    const script = this.#tables.map(
      ({ family, name }) => `table ${family} ${name}\ndelete table ${family} ${name}\n`,
    );
    return this.exclusively(() => applyNft(script.join("")));
  }

  async #remove(elements: readonly SetElement[]): Promise<void> {
    try {
      await applyNft(renderExpulsion(elements));
    } catch (error) {
      if (!isBrowserVmError(error, "FIREWALL_REFUSED")) throw error;
      // A table or set of ours is gone: what is left of the elements goes, the rest is fine.
      const loaded = new Set(vmElements(await listNft()).map(keyOf));
      await applyNft(renderExpulsion(elements.filter((element) => loaded.has(keyOf(element)))));
    }
  }
}

/** A VM as any: names the sets that VMs have elements in. */
const SAMPLE = {
  slot: 0,
  tap: "bv-0",
  mac: "02:fc:00:00:00:00",
  ip: "0.0.0.0",
  prefix: 24,
  gateway: "0.0.0.0",
};
const VM_SETS = elementsOfVm(SAMPLE as VmAddress).map(({ table, set }) => ({ table, set }));
const LEARNED = new Set<string>(EGRESS_LEARNED_SETS);
const EGRESS_SETS = [...EGRESS_PLANNED_SETS, ...EGRESS_LEARNED_SETS];

const isPassing = ({ set }: SetElement): boolean => LEARNED.has(set);
const guestOf = ({ element }: SetElement): string => element.split(" ")[0] ?? "";

/** All that is loaded of a guest's policy, and what DNS taught it. */
const egressOf = (ruleset: Ruleset, ip: string): SetElement[] =>
  allEgress(ruleset).filter((element) => guestOf(element) === ip);

const allEgress = (ruleset: Ruleset): SetElement[] =>
  EGRESS_SETS.flatMap((set) =>
    elementsOf(ruleset, EGRESS_TABLE, set).map(({ parts }) => toElement(set, parts)),
  );

function vmElements(ruleset: Ruleset): SetElement[] {
  const lasting = VM_SETS.flatMap(({ table, set }) =>
    elementsOf(ruleset, table, set).map(({ parts: [first = "", ...rest] }) => ({
      table,
      set,
      element: [first.startsWith("bv-") ? `"${first}"` : first, ...rest].join(" . "),
    })),
  );
  return [...lasting, ...allEgress(ruleset)];
}
