import { type Check, command, fail, pass, seen, warn } from "../../check.ts";
import type { FdbFacts, HostSight } from "../../sight/host-sight.ts";
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
    const now = entriesOf(mac, host, host.fdb);
    const strayNow = now.find(({ ifindex }) => ifindex !== tap.index);
    const earlier = entriesOf(mac, host, host.fdbBefore ?? []);
    const stray = strayNow ?? earlier.find(({ ifindex }) => ifindex !== tap.index);
    const describe = (entries: readonly FdbFacts[]) =>
      entries.map((entry) => describeEntry(entry, nameOf(entry.ifindex, host.links))).join(", ");
    if (!stray) return pass("netlink", where, describe(now) || "not learned yet");
    const port = nameOf(stray.ifindex, host.links);
    const how = stray.permanent || stray.static ? "fixed to" : "learned on";
    const evidence = [
      ...(strayNow ? [] : [seen("netlink", `${where}, before the probe`, describe(earlier))]),
      seen("netlink", where, describe(now) || "none"),
    ];
    const fix = repair(mac, strayNow ? port : tap.name);
    if (strayNow) return fail(`The guest's MAC ${mac} is ${how} ${port}, not on ${tap.name}.`, evidence, fix);
    const words = `The guest's MAC ${mac} was ${how} ${port} until the guest itself spoke`;
    const wasLost = vm.probe?.toGuest.pings.some(({ ok }) => !ok);
    return wasLost
      ? fail(`${words}; what was sent before went there.`, evidence, fix)
      : warn(`${words}.`, evidence, fix);
  }),
};

/** Of our bridge; others have tables of their own. */
const entriesOf = (mac: string, { bridge, links }: HostSight, fdb: readonly FdbFacts[]): FdbFacts[] =>
  fdb.filter(
    (entry) =>
      entry.mac === mac &&
      (entry.ifindex === bridge?.index ||
        links.some((link) => link.index === entry.ifindex && link.master === bridge?.index)),
  );

const describeEntry = ({ permanent, static: isStatic, vlan }: FdbFacts, port: string): string =>
  [
    `dev ${port}`,
    ...(vlan === undefined ? [] : [`vlan ${vlan}`]),
    ...(permanent ? ["permanent"] : []),
    ...(isStatic ? ["static"] : []),
  ].join(" ");
