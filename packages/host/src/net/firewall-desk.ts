import { isBrowserVmError, type VmAddress } from "@browservm/contract";
import { Mutex } from "async-mutex";
import { applyNft, elementsOf, listNft, type Ruleset } from "./firewall/nft.ts";
import { renderAdmission, renderExpulsion, type SetElement, type Table } from "./firewall/ruleset.ts";
import { elementsOfVm, keyOfElement as keyOf } from "./plan/elements.ts";

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

  admit(address: VmAddress): Promise<void> {
    return this.exclusively(() => applyNft(renderAdmission(elementsOfVm(address))));
  }

  /** Also when its elements, or our tables, are gone already. */
  expel(address: VmAddress): Promise<void> {
    return this.exclusively(() => this.#remove(elementsOfVm(address)));
  }

  /** Removes every VM's element but those of `kept`; answers what it removed. */
  expelAllBut(kept: readonly VmAddress[]): Promise<string[]> {
    return this.exclusively(async () => {
      const wanted = new Set(kept.flatMap(elementsOfVm).map(keyOf));
      const strays = vmElements(await listNft()).filter((element) => !wanted.has(keyOf(element)));
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

function vmElements(ruleset: Ruleset): SetElement[] {
  return VM_SETS.flatMap(({ table, set }) =>
    elementsOf(ruleset, table, set).map(({ parts: [first = "", ...rest] }) => ({
      table,
      set,
      element: [first.startsWith("bv-") ? `"${first}"` : first, ...rest].join(" . "),
    })),
  );
}
