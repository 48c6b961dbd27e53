import type { EgressName, PortRange } from "@browservm/contract";

/** What the entries of a list say about one name. */
export interface NameMatch {
  /** The entry, as people write it. */
  readonly rule: string;
  readonly ports: readonly PortRange[];
}

/** The names of one list, found by hash however many there are. */
export class NameRules {
  readonly #exact = new Map<string, PortRange[]>();
  readonly #below = new Map<string, PortRange[]>();

  constructor(names: readonly EgressName[]) {
    for (const { name, wildcard, ports } of names) {
      const rules = wildcard ? this.#below : this.#exact;
      rules.set(name, [...(rules.get(name) ?? []), ports]);
    }
  }

  get isEmpty(): boolean {
    return this.#exact.size + this.#below.size === 0;
  }

  /** What is said of this name (as `toDnsName` writes it): by itself first, else by the nearest wildcard above it. */
  match(name: string): NameMatch | undefined {
    const exact = this.#exact.get(name);
    if (exact) return { rule: name, ports: exact };
    for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      const parent = name.slice(dot + 1);
      const ports = this.#below.get(parent);
      if (ports) return { rule: `*.${parent}`, ports };
    }
    return undefined;
  }
}
