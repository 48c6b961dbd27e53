import { type Check, command, fail, pass, seen } from "../../check.ts";
import type { FdbFacts } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutPort } from "../tap/about-tap.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { nameOf } from "./route-words.ts";

const repair = (mac: string, port: string) =>
  command(
    "Delete the entry; the bridge learns the right port from the guest's next frame. If it comes back, another machine has this MAC: end it.",
    "none",
    `bridge fdb del ${mac} dev ${port} master`,
  );

export const macElsewhere: Check<VmSubject> = {
  code: "mac-elsewhere",
  layer: "address",
  title: "The bridge has the guest's MAC on the guest's own port",
  dependsOn: ["bridge-mac", "tap-held-by-other"],
  breaks: ["arp", ...IP_PATH],
  explanation: {
    symptom:
      "Answers come now and then, or never: what the host sends to the guest leaves by another port. Traffic flaps between two VMs.",
    cause:
      "Another machine on the bridge has the same MAC (a clone), or somebody wrote a forwarding entry by hand, which no learning changes.",
    evidence: "`bridge fdb show br fcbr0 | grep MAC` names another `dev` than the guest's TAP.",
    fix: repair("02:fc:c0:a8:64:02", "PORT"),
  },
  judge: aboutPort((tap, _port, { host, vm }) => {
    const { mac } = vm.address;
    const where = `forwarding table, ${mac}`;
    const isOnOurs = ({ ifindex }: FdbFacts) =>
      ifindex === host.bridge?.index ||
      host.links.some((link) => link.index === ifindex && link.master === host.bridge?.index);
    const entries = host.fdb.filter((entry) => entry.mac === mac && isOnOurs(entry));
    const stray = entries.find(({ ifindex }) => ifindex !== tap.index);
    const words = entries.map((entry) => describeEntry(entry, nameOf(entry.ifindex, host.links))).join(", ");
    if (!stray) return pass("netlink", where, words || "not learned yet");
    const port = nameOf(stray.ifindex, host.links);
    const how = stray.permanent || stray.static ? "fixed to" : "learned on";
    return fail(
      `The guest's MAC ${mac} is ${how} ${port}, not on ${tap.name}.`,
      [seen("netlink", where, words)],
      repair(mac, port),
    );
  }),
};

const describeEntry = ({ permanent, static: isStatic, vlan }: FdbFacts, port: string): string =>
  [
    `dev ${port}`,
    ...(vlan === undefined ? [] : [`vlan ${vlan}`]),
    ...(permanent ? ["permanent"] : []),
    ...(isStatic ? ["static"] : []),
  ].join(" ");
