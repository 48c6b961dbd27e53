import type { DoctorFix } from "@browservm/contract";
import { type Check, command, fail, manual, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { nameOf } from "./route-words.ts";

const advice = manual(
  "Find the other one by the port that its MAC is on (`bridge fdb show br fcbr0`), and end it or give it another address. Between VMs of hostd this cannot happen: addresses are reserved, and spoofed answers dropped.",
);

const unplug = (port: string, bridge: string) =>
  command(
    `Take the port of the other one off ${bridge}, and ask who put it there.`,
    "whoever is behind that port loses its network",
    `bridge fdb show br ${bridge} dev ${port}`,
    `ip link set ${port} nomaster`,
  );

export const addressDuplicate: Check<VmSubject> = {
  code: "address-duplicate",
  layer: "address",
  title: "Nobody else answers for the guest's address",
  dependsOn: [],
  breaks: IP_PATH,
  explanation: {
    symptom:
      "It seems to work, with the wrong machine: another one answers on this address, at random or for good; connections are refused or reset, SSH host keys change.",
    cause:
      "Two machines on the bridge have the same address: an address counter that began anew, a copied guest, a foreign container on the bridge.",
    evidence:
      "`arping -I fcbr0 192.168.100.2` gets answers from two MACs, or from one that is not the guest's.",
    fix: advice,
  },
  judge({ host, vm }) {
    const { ip, mac } = vm.address;
    const twin = host.held.find(({ vmId, address }) => vmId !== vm.vmId && address.ip === ip);
    if (twin)
      return fail(
        `${ip} is reserved for ${twin.vmId} too.`,
        [seen("database", `reservation of ${ip}`, twin.vmId)],
        advice,
      );
    const where = `who-has ${ip}`;
    if (!vm.probe) return skip("arp", where, "no probe");
    const answers = [...new Set(vm.probe.toGuest.arp)];
    const others = answers.filter((one) => one !== mac);
    const words = answers.join(", ") || "no answer";
    if (others.length === 0) return pass("arp", where, words);
    const who = others.map((one) => describeStation(one, host)).join(", ");
    const cause = answers.includes(mac) ? "answers too" : "answers instead of the guest";
    return fail(
      `For ${ip} ${who} ${cause}, but the guest's MAC is ${mac}.`,
      [seen("arp", where, words)],
      repairOf(others, host),
    );
  },
};

/** A port that no VM of ours is on can be unplugged. */
function repairOf(macs: readonly string[], { fdb, links, held, plan, bridge }: HostSight): DoctorFix {
  const port = links.find(
    ({ index, name, master }) =>
      master === bridge?.index &&
      fdb.some((entry) => entry.ifindex === index && macs.includes(entry.mac)) &&
      held.every(({ address }) => address.tap !== name),
  );
  return port ? unplug(port.name, plan.bridge) : advice;
}

/** A MAC, with what is known of where it is. */
function describeStation(mac: string, { fdb, links, held }: HostSight): string {
  const vm = held.find(({ address }) => address.mac === mac)?.vmId;
  const port = fdb.find((entry) => entry.mac === mac)?.ifindex;
  const where = vm ?? (port === undefined ? undefined : `port ${nameOf(port, links)}`);
  return where ? `${mac} (${where})` : mac;
}
