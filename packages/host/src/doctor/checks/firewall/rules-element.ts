import { elementsOf } from "../../../net/firewall/nft.ts";
import { elementKey, elementsOfVm } from "../../../net/plan.ts";
import { auto, type Check, fail, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";

const admit = auto("Put the VM's elements back into our sets.");

export const rulesElement: Check<VmSubject> = {
  code: "rules-element",
  layer: "firewall",
  title: "Our rules know this VM",
  dependsOn: ["rules-missing", "rules-altered"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Everything from this guest is dropped on its TAP, and its spoofing counters rise, although it speaks with its own MAC and address. Other VMs are well.",
    cause: "The VM's element (TAP, MAC, address) is missing in one of our nftables sets.",
    evidence: "`nft list set bridge browservm guests` lacks the VM's `TAP . MAC . IPv4`.",
    fix: admit,
  },
  judge: ({ host: { ruleset, rulesLoaded }, vm: { address } }) => {
    const wanted = `${address.tap} . ${address.mac} . ${address.ip}`;
    if (!ruleset || rulesLoaded === undefined)
      return skip("nft", wanted, "our tables are not loaded, or not read");
    const missing = elementsOfVm(address).filter(({ table, set, element }) => {
      const parts = element.replaceAll('"', "").split(" . ");
      const key = elementKey(table, set, parts);
      return !elementsOf(ruleset, table, set).some((loaded) => elementKey(table, set, loaded.parts) === key);
    });
    if (missing.length === 0) return pass("nft", wanted, "is in all of our sets");
    const sets = [...new Set(missing.map(({ table, set }) => `${table} ${set}`))];
    return fail(
      `${address.tap} is missing in ${sets.join(", ")}, so what this guest sends is refused.`,
      missing.map(({ table, set, element }) => seen("nft", `${table} ${set}`, `no element ${element}`)),
      admit,
    );
  },
};
