import type { VmAddress } from "@browservm/contract";
import { guestElements } from "../firewall/guest-rules.ts";
import { policyElements } from "../firewall/policy-rules.ts";
import type { SetElement } from "../firewall/ruleset.ts";

/** The one form in which elements of target and kernel are compared. */
export const elementKey = (table: string, set: string, parts: readonly string[]): string =>
  `${table} ${set} ${parts.join(" . ")}`;

/** The same for an element as it is written into a script. */
export const keyOfElement = ({ table, set, element }: SetElement): string =>
  elementKey(table, set, element.replaceAll('"', "").split(" . "));

/** Every element that this VM needs, in all tables. */
export const elementsOfVm = (address: VmAddress): SetElement[] => [
  ...guestElements(address),
  ...policyElements(address),
];
