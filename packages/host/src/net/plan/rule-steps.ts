import type { SetElement } from "../firewall/ruleset.ts";
import { generationOf } from "../firewall/ruleset.ts";
import { elementsOfVm, isEgressSet, keyOfElement, strayEgress } from "./elements.ts";
import type { CurrentNetwork, HeldAddress, NetworkTarget } from "./network-target.ts";
import type { NetStep } from "./step.ts";

/** Our nftables tables, and each VM's place in their sets. */
export function planRules(current: CurrentNetwork, { tables, held }: NetworkTarget): NetStep[] {
  const taps = new Set(current.taps.map(({ name }) => name));
  const live = held.filter(({ address }) => taps.has(address.tap));
  const { generation } = current;
  if (generation !== generationOf(tables)) {
    const elements = live.flatMap(({ address, egress }) => elementsOfVm(address, egress));
    return [{ do: "loadRules", tables, elements, because: whyReload(generation) }];
  }
  return [...planStrays(current, live), ...live.flatMap((one) => planElements(current, one))];
}

function planElements(current: CurrentNetwork, { vmId, address, egress }: HeldAddress): NetStep[] {
  const missing = elementsOfVm(address, egress).filter(
    (element) => !current.elements.has(keyOfElement(element)),
  );
  const [policy, own] = [
    missing.filter(({ set }) => isEgressSet(set)),
    missing.filter(({ set }) => !isEgressSet(set)),
  ];
  const admit = (code: string, elements: readonly SetElement[]): NetStep[] => {
    if (elements.length === 0) return [];
    const sets = [...new Set(elements.map(({ set }) => set))].join(", ");
    return [
      { do: "admit", elements, because: { code, cause: `${address.tap} is missing in ${sets}`, vmId } },
    ];
  };
  return [...admit("rules-element", own), ...admit("egress-rules", policy)];
}

/** First: where an element of ours is to go, a stranger that overlaps it must be gone. */
function planStrays({ elements }: CurrentNetwork, live: readonly HeldAddress[]): NetStep[] {
  const planned = new Set(
    live.flatMap(({ address, egress }) => elementsOfVm(address, egress)).map(keyOfElement),
  );
  const guests = new Map(live.map((held) => [held.address.ip as string, held]));
  return [...strayEgress(elements, new Set(guests.keys()), planned)].map(([ip, strays]) => {
    const [first] = strays;
    const cause = `${first?.set} has ${first?.element}, which no policy asks for (${strays.length} in all)`;
    const vmId = guests.get(ip)?.vmId;
    return {
      do: "expel",
      elements: strays,
      because: { code: "egress-rules", cause, ...(vmId ? { vmId } : {}) },
    };
  });
}

const whyReload = (generation: string | undefined) =>
  generation === undefined
    ? { code: "rules-missing", cause: "our nftables tables are not loaded" }
    : { code: "rules-altered", cause: `our nftables rules are not as planned: generation ${generation}` };
