import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { mustHaveTap, noTapNow } from "../tap/about-tap.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { beliefAbout, describeNeighbour, isFixed } from "./neighbour-of.ts";

const repair = (ip: string, bridge: string) =>
  auto("Delete the fixed entry; the host then asks.", `ip neigh del ${ip} dev ${bridge}`);

export const neighbourPermanent: Check<VmSubject> = {
  code: "neighbour-permanent",
  layer: "address",
  title: "No fixed neighbour entry contradicts the guest's MAC",
  // A link without ARP shows its own MAC, set by itself, for every neighbour.
  dependsOn: ["bridge-arp-off"],
  breaks: IP_PATH,
  explanation: {
    symptom:
      "`ip neigh` shows the guest, the guest resolves the gateway, and IP is dead both ways: the host's packets leave with the MAC of somebody else.",
    cause:
      "Somebody fixed the guest's address to a MAC (`ip neigh add … nud permanent`, `arp -s`), and the address has another guest since. The kernel never asks again.",
    evidence: "`ip neigh show 192.168.100.2` says PERMANENT with a MAC that is not the guest's.",
    fix: repair("192.168.100.2", "fcbr0"),
  },
  judge(subject) {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const { host, vm } = subject;
    const entry = beliefAbout(subject, host.neighbours);
    const where = `neighbour ${vm.address.ip}`;
    if (!entry) return pass("netlink", where, "no entry");
    const words = describeNeighbour(entry, host.plan.bridge);
    if (!isFixed(entry) || entry.mac === vm.address.mac) return pass("netlink", where, words);
    return fail(
      `A fixed entry says that ${vm.address.ip} is at ${entry.mac}, but the guest's MAC is ${vm.address.mac}.`,
      [seen("netlink", where, words)],
      repair(vm.address.ip, host.plan.bridge),
    );
  },
};
