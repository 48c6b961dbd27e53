import type { VmAddress } from "@browservm/contract";
import { egressElements, type SlotEgress } from "../egress/egress-elements.ts";
import { EGRESS_PLANNED_SETS, EGRESS_TABLE } from "../egress/egress-sets.ts";
import { guestElements } from "../firewall/guest-rules.ts";
import { policyElements } from "../firewall/policy-rules.ts";
import type { SetElement } from "../firewall/ruleset.ts";

/** The one form in which elements of target and kernel are compared. */
export const elementKey = (table: string, set: string, parts: readonly string[]): string =>
  `${table} ${set} ${parts.join(" . ")}`;

/** The same for an element as it is written into a script. */
export const keyOfElement = ({ table, set, element }: SetElement): string =>
  elementKey(table, set, element.replaceAll('"', "").split(/ [.:] /));

/** Every element that this VM needs, in all tables. */
export const elementsOfVm = (address: VmAddress, egress?: SlotEgress): SetElement[] => [
  ...guestElements(address),
  ...policyElements(address),
  ...(egress ? egressElements(address, egress) : []),
];

/** Whether elements of this set belong to a policy. */
export const isEgressSet = (set: string): boolean => PLANNED.has(set);
const PLANNED = new Set<string>(EGRESS_PLANNED_SETS);
const PREFIXES = EGRESS_PLANNED_SETS.map((set) => ({ set, prefix: `${EGRESS_TABLE} ${set} ` }));

/** What the kernel has of policies beyond what is planned, for guests with these addresses, by their address. */
export function strayEgress(
  keys: ReadonlySet<string>,
  guests: ReadonlySet<string>,
  planned: ReadonlySet<string>,
): Map<string, SetElement[]> {
  const strays = [...keys]
    .filter((key) => key.startsWith(EGRESS_PREFIX) && !planned.has(key))
    .flatMap((key) => {
      const found = PREFIXES.find(({ prefix }) => key.startsWith(prefix));
      return found ? [{ ...found, parts: key.slice(found.prefix.length).split(" . ") }] : [];
    })
    // An interval of guests is nothing that we ever write.
    .filter(({ parts: [ip = ""] }) => guests.has(ip) || ip.includes("-"))
    .map(({ set, parts }) => ({ ip: parts[0] ?? "", element: toElement(set, parts) }));
  return new Map(
    [...Map.groupBy(strays, ({ ip }) => ip)].map(([ip, those]) => [ip, those.map(({ element }) => element)]),
  );
}

const EGRESS_PREFIX = `${EGRESS_TABLE} egress_`;

/** The parts of an element of ours, as they were read, in the form in which they are written. */
export const toElement = (set: string, parts: readonly string[]): SetElement => ({
  table: EGRESS_TABLE,
  set,
  element: parts.join(set === "egress_marks" ? " : " : " . "),
});
