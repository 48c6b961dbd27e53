import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { mustHaveTap, noTapNow } from "../tap/about-tap.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { beliefAbout, describeNeighbour } from "./neighbour-of.ts";

const repair = (ip: string, bridge: string) =>
  auto("Forget the entry; the host then asks.", `ip neigh del ${ip} dev ${bridge}`);

export const neighbourWrong: Check<VmSubject> = {
  code: "neighbour-wrong",
  layer: "address",
  title: "The host knows the guest by its own MAC",
  // A link without ARP holds its own MAC for every neighbour.
  dependsOn: ["neighbour-permanent", "address-duplicate", "bridge-arp-off"],
  breaks: IP_PATH,
  explanation: {
    symptom:
      "A new VM is unreachable from the host for some 7 s and then works, unless the guest speaks first; or the host keeps talking to another guest.",
    cause:
      "The address belonged to another VM a moment ago, and the host still has its MAC; or somebody else answers for the address.",
    evidence: "`ip neigh show 192.168.100.2` says another `lladdr` than the VM was given.",
    fix: repair("192.168.100.2", "fcbr0"),
  },
  judge(subject) {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const { host, vm } = subject;
    const { ip, mac } = vm.address;
    const before = beliefAbout(subject, host.neighbours);
    const after = beliefAbout(subject, host.neighboursAfter);
    const where = `neighbour ${ip}`;
    const wrong = [after, before].find((entry) => entry !== undefined && entry.mac !== mac);
    const now = after ?? before;
    if (!wrong) return pass("netlink", where, now ? describeNeighbour(now, host.plan.bridge) : "no entry");
    const evidence = [seen("netlink", where, describeNeighbour(wrong, host.plan.bridge))];
    const fix = repair(ip, host.plan.bridge);
    if (wrong === before && wrong !== after && after?.mac === mac)
      return warn(`The host knew ${ip} by ${wrong.mac}, until the probe made it ask again.`, evidence, fix);
    return fail(`The host knows ${ip} by ${wrong.mac}, but the guest's MAC is ${mac}.`, evidence, fix);
  },
};
