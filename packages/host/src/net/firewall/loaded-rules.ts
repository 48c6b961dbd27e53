import { NETLINK_NETFILTER, NetlinkSocket } from "../../linux/netlink-socket.ts";
import { rulesGeneration } from "../../linux/rules-generation.ts";
import { elementKey } from "../plan/elements.ts";
import { loadedGeneration } from "./loaded.ts";
import { elementsOf, listNft, type Ruleset } from "./nft.ts";
import type { Table } from "./ruleset.ts";

/** What is loaded of our tables. */
export interface LoadedTables {
  /** See `loadedGeneration`. */
  readonly generation: string | undefined;
  /** `elementKey` of every element in our sets. */
  readonly elements: ReadonlySet<string>;
}

/** Our tables as the kernel has them; nft is only asked again when the kernel says that rules changed. */
export class LoadedRules implements Disposable {
  readonly #tables: readonly Table[];
  readonly #netfilter = new NetlinkSocket(NETLINK_NETFILTER);
  #last: { readonly transaction: number; readonly loaded: LoadedTables } | undefined;

  constructor(tables: readonly Table[]) {
    this.#tables = tables;
  }

  async read(): Promise<LoadedTables> {
    // Asked before the listing: a change in between makes the next reading list again.
    const transaction = rulesGeneration(this.#netfilter);
    if (this.#last?.transaction === transaction) return this.#last.loaded;
    const ruleset = await listNft();
    const loaded = {
      generation: loadedGeneration(ruleset, this.#tables),
      elements: elementKeys(ruleset, this.#tables),
    };
    this.#last = { transaction, loaded };
    return loaded;
  }

  [Symbol.dispose](): void {
    this.#netfilter[Symbol.dispose]();
  }
}

function elementKeys(ruleset: Ruleset, tables: readonly Table[]): Set<string> {
  const keys = tables.flatMap(({ family, name, sets }) =>
    sets.flatMap((set) =>
      elementsOf(ruleset, `${family} ${name}`, set.name).map(({ parts }) =>
        elementKey(`${family} ${name}`, set.name, parts),
      ),
    ),
  );
  return new Set(keys);
}
