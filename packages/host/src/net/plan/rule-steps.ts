import { generationOf } from "../firewall/ruleset.ts";
import { elementsOfVm, keyOfElement } from "./elements.ts";
import type { CurrentNetwork, NetworkTarget } from "./network-target.ts";
import type { NetStep } from "./step.ts";

/** Our nftables tables, and each VM's place in their sets. */
export function planRules(current: CurrentNetwork, { tables, held }: NetworkTarget): NetStep[] {
  const taps = new Set(current.taps.map(({ name }) => name));
  const live = held.filter(({ address }) => taps.has(address.tap));
  const { generation } = current;
  if (generation !== generationOf(tables)) {
    const elements = live.flatMap(({ address }) => elementsOfVm(address));
    return [{ do: "loadRules", tables, elements, because: whyReload(generation) }];
  }
  return live.flatMap(({ vmId, address }) => {
    const elements = elementsOfVm(address).filter((element) => !current.elements.has(keyOfElement(element)));
    if (elements.length === 0) return [];
    const sets = [...new Set(elements.map(({ set }) => set))].join(", ");
    const because = { code: "rules-element", cause: `${address.tap} is missing in ${sets}`, vmId };
    return [{ do: "admit", elements, because } as const];
  });
}

const whyReload = (generation: string | undefined) =>
  generation === undefined
    ? { code: "rules-missing", cause: "our nftables tables are not loaded" }
    : { code: "rules-altered", cause: `our nftables rules are not as planned: generation ${generation}` };
