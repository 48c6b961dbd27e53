import { egressElements } from "../../../net/egress/egress-elements.ts";
import { EGRESS_PLANNED_SETS, EGRESS_TABLE } from "../../../net/egress/egress-sets.ts";
import { elementsOf, type Ruleset } from "../../../net/firewall/nft.ts";
import { elementKey, keyOfElement, strayEgress } from "../../../net/plan.ts";
import { auto, type Check, fail, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

const restore = auto("Make our sets say what the session's egress policy says.");
const MOST_EVIDENCE = 8;

/** The VM's egress policy as the kernel has it. */
export const egressRules: Check<VmSubject> = {
  code: "egress-rules",
  layer: "egress",
  title: "The VM's egress policy is in force",
  dependsOn: ["rules-missing", "rules-altered", "rules-element"],
  breaks: ["egress", "dns"],
  explanation: {
    symptom:
      "The guest reaches what its session's egress policy denies, or does not reach what it allows. Other VMs are well.",
    cause:
      "Elements of the policy are missing in our nftables sets, or somebody added others for this guest.",
    evidence:
      "`nft list table inet browservm`: the sets egress_* differ from the policy at the guest's address.",
    fix: restore,
  },
  judge: ({ host: { ruleset, rulesLoaded, held }, vm }) => {
    const { ip } = vm.address;
    if (!ruleset || rulesLoaded === undefined)
      return skip("nft", ip, "our tables are not loaded, or not read");
    const egress = held.find(({ vmId }) => vmId === vm.vmId)?.egress;
    const planned = egress ? egressElements(vm.address, egress) : [];
    const loaded = loadedKeys(ruleset);
    const missing = planned.filter((element) => !loaded.has(keyOfElement(element)));
    const wanted = new Set(planned.map(keyOfElement));
    const strays = strayEgress(loaded, new Set([ip]), wanted).get(ip) ?? [];
    if (missing.length + strays.length === 0)
      return pass(
        "nft",
        ip,
        egress ? `${planned.length} elements, as its policy says` : "no policy, no elements",
      );
    const evidence = [
      ...missing.map(({ set, element }) => seen("nft", set, `no element ${element}`)),
      ...strays.map(({ set, element }) => seen("nft", set, `${element}, which no policy asks for`)),
    ];
    return fail(tell(missing.length, strays.length), evidence.slice(0, MOST_EVIDENCE), restore);
  },
};

const tell = (missing: number, strays: number): string => {
  const lost = missing > 0 ? [`${missing} elements of the VM's egress policy are missing in our sets`] : [];
  const foreign = strays > 0 ? [`${strays} elements for this guest belong to no policy`] : [];
  return `${[...lost, ...foreign].join(", and ")}.`;
};

const loadedKeys = (ruleset: Ruleset): Set<string> =>
  new Set(
    EGRESS_PLANNED_SETS.flatMap((set) =>
      elementsOf(ruleset, EGRESS_TABLE, set).map(({ parts }) => elementKey(EGRESS_TABLE, set, parts)),
    ),
  );
