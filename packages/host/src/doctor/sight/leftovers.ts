import { type VmAddress, VmId } from "@browservm/contract";
import { EGRESS_PLANNED_SETS, EGRESS_TABLE } from "../../net/egress/egress-sets.ts";
import type { LinkFacts } from "../../net/facts.ts";
import { elementsOf, type Ruleset } from "../../net/firewall/nft.ts";
import { elementsOfVm } from "../../net/plan.ts";
import { isOurPort } from "../../net/tap-device.ts";

type Held = ReadonlyArray<{ readonly vmId: VmId; readonly address: VmAddress }>;

export interface Remains {
  /** VMs that hostd knows. */
  readonly known: ReadonlySet<VmId>;
  /** Reservations when the links were read, and after the rules were. */
  readonly held: Held;
  readonly heldAfter: Held;
  readonly links: readonly LinkFacts[];
  readonly ruleset: Ruleset | undefined;
  /** Names of directories that VMs have on disk. */
  readonly directories: readonly string[];
}

/** What no VM that is known can own: reservations, TAPs, firewall elements, files. In words. */
export function findLeftovers({ known, held, heldAfter, links, ruleset, directories }: Remains): string[] {
  const taps = new Set<string>(held.map(({ address }) => address.tap));
  const unknown = (name: string): boolean => {
    const id = VmId.safeParse(name);
    return id.success && !known.has(id.data);
  };
  return [
    ...held
      .filter(({ vmId }) => !known.has(vmId))
      .map(({ vmId, address }) => `address ${address.ip} of ${vmId}`),
    ...links.filter((link) => isOurPort(link) && !taps.has(link.name)).map(({ name }) => `TAP ${name}`),
    ...(ruleset ? strayElements(ruleset, [...held, ...heldAfter]) : []),
    ...directories.filter(unknown).map((name) => `files of ${name}`),
  ];
}

/** Sets that have elements of VMs; every VM has the same. */
function strayElements(ruleset: Ruleset, held: Held): string[] {
  const [sample] = held;
  if (!sample) return [];
  const owned = new Set(held.flatMap(({ address }) => [address.tap, address.ip] as string[]));
  const policies = EGRESS_PLANNED_SETS.map((set) => ({ table: EGRESS_TABLE, set }));
  return [...elementsOfVm(sample.address), ...policies].flatMap(({ table, set }) =>
    elementsOf(ruleset, table, set)
      .filter(({ parts: [first = ""] }) => !owned.has(first))
      .map(({ parts }) => `element ${parts.join(" . ")} of ${table} ${set}`),
  );
}
