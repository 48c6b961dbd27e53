import { Ipv4, LinkName, MacAddress, type VmAddress, VmId } from "@browservm/contract";
import type { LinkFacts } from "../../net/facts.ts";
import { guestTable } from "../../net/firewall/guest-rules.ts";
import type { Ruleset } from "../../net/firewall/nft.ts";
import { policyTable } from "../../net/firewall/policy-rules.ts";
import { elementsOfVm } from "../../net/plan.ts";
import { bridgeSysctls, namespaceSysctls } from "../../net/sysctl.ts";
import { BRIDGE_MAC, goodBridge, goodTap } from "../../testing/fake-network.ts";
import type { HostSight } from "../sight/host-sight.ts";
import type { PathProbe, VmSight, VmSubject } from "../sight/vm-sight.ts";

const GATEWAY = "192.168.100.1";
const OWNER_UID = 200_000;
const VMM_PID = 4242;
const AT = "2026-01-01T00:00:00.000Z";

export const VM_ID = VmId.parse("vm_00000000000000000001");
export const ADDRESS: VmAddress = {
  slot: 0,
  tap: LinkName.parse("bv-0"),
  mac: MacAddress.parse("02:fc:c0:a8:64:02"),
  ip: Ipv4.parse("192.168.100.2"),
  prefix: 24,
  gateway: Ipv4.parse(GATEWAY),
};
const BRIDGE = goodBridge();
const TAP: LinkFacts = goodTap(ADDRESS, OWNER_UID);

/** Our sets with the elements of one VM, as nft lists them. */
export function ourRuleset(address: VmAddress = ADDRESS): Ruleset {
  const elements = Map.groupBy(elementsOfVm(address), ({ table, set }) => `${table} ${set}`);
  const sets = [...elements.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const [family = "", table = ""] = first.table.split(" ");
    const elem = [first, ...more].map(({ element }) => ({
      elem: {
        val: { concat: element.replaceAll('"', "").split(" . ") },
        counter: { packets: 0, bytes: 0 },
      },
    }));
    return [{ family, table, name: first.set, elem }];
  });
  return { chains: [], rules: [], sets };
}

/** A host with one healthy VM, as a snapshot shows it; what a test changes is laid over it. */
export function healthyHost(over: Partial<HostSight> = {}): HostSight {
  const policy = { bridge: "fcbr0", cidr: "192.168.100.0/24", gateway: GATEWAY, dns: [] };
  const sysctls = [...namespaceSysctls(), ...bridgeSysctls("fcbr0")];
  return {
    at: AT,
    tookMs: 20,
    plan: {
      bridge: "fcbr0",
      bridgeMac: BRIDGE_MAC,
      gateway: ADDRESS.gateway,
      cidr: "192.168.100.0/24",
      prefix: 24,
      mtu: 1500,
      dns: [],
      hasUplink: false,
      closed: [],
      warnings: [],
    },
    target: {
      bridge: { name: "fcbr0", mac: BRIDGE_MAC, mtu: 1500, gateway: GATEWAY, prefix: 24 },
      sysctls,
      tables: [guestTable(), policyTable(policy)],
    },
    namespace: "isolated",
    namespaceInode: "4026532000",
    links: [BRIDGE, TAP],
    bridge: BRIDGE,
    addresses: [{ ifindex: BRIDGE.index, ip: GATEWAY, prefix: 24 }],
    routes: [{ ip: "192.168.100.0", prefix: 24, ifindex: BRIDGE.index, table: 254, source: GATEWAY }],
    rules: [],
    neighbours: [{ ip: ADDRESS.ip, mac: ADDRESS.mac, ifindex: BRIDGE.index, state: "reachable" }],
    neighboursAfter: [{ ip: ADDRESS.ip, mac: ADDRESS.mac, ifindex: BRIDGE.index, state: "reachable" }],
    fdb: [{ mac: ADDRESS.mac, ifindex: TAP.index, permanent: false, static: false }],
    tcFilters: [],
    holders: [{ pid: VMM_PID, tap: ADDRESS.tap, command: "qemu-system-x86" }],
    sysctls: new Map(sysctls.map(({ path, value }) => [path, value])),
    ruleset: ourRuleset(),
    rulesetAfter: ourRuleset(),
    rulesLoaded: "g1",
    rulesPlanned: "g1",
    legacyRules: { before: [], after: [] },
    counters: { before: {}, after: {} },
    packets: new Map([
      ["fcbr0", { rx: 12, tx: 12, rxDropped: 0, txDropped: 0 }],
      [ADDRESS.tap, { rx: 12, tx: 12, rxDropped: 0, txDropped: 0 }],
    ]),
    conntrack: { count: 10, max: 262_144 },
    neighbourLimit: 1024,
    managers: [],
    canary: { alive: true },
    held: [{ vmId: VM_ID, address: ADDRESS }],
    leftovers: [],
    uplinkWanted: false,
    uplink: undefined,
    accelerator: { name: "kvm", driver: "qemu", reason: "a kernel booted under KVM" },
    kvmOpens: true,
    ...over,
  };
}

const OK = { ok: true } as const;

export const healthyProbe = (over: Partial<PathProbe> = {}): PathProbe => ({
  toGuest: {
    pings: [OK, OK, OK],
    arp: [ADDRESS.mac],
    agent: "open",
    ssh: "open",
    nonce: "ours",
    mtu: [{ payloadBytes: 1472, answer: OK }],
  },
  fromGuest: { gateway: OK, closedPort: "refused", fullSize: OK },
  tap: { rx: 12, tx: 12, rxDropped: 0, txDropped: 0 },
  sent: 8,
  ...over,
});

/** What a healthy guest says of itself. */
export function healthyGuest(): Exclude<VmSight["guest"], { silent: string }> {
  const link = { up: true, carrier: true };
  return {
    network: {
      links: [
        { ...link, name: "lo", mac: "00:00:00:00:00:00", mtu: 65_536, addresses: ["127.0.0.1/8"] },
        { ...link, name: "eth0", mac: ADDRESS.mac, mtu: 1500, addresses: [`${ADDRESS.ip}/24`] },
      ],
      routes: [
        { to: "default", via: GATEWAY, dev: "eth0" },
        { to: "192.168.100.0/24", dev: "eth0" },
      ],
      neighbours: [{ ip: GATEWAY, mac: BRIDGE_MAC, dev: "eth0", state: "REACHABLE" }],
      dns: [],
      authorities: ["systemd-networkd"],
    },
    services: { units: [], failed: [] },
    health: {
      memory: { totalKib: 512_000, availableKib: 400_000 },
      oomKills: 0,
      filesystems: [
        { mount: "/", totalKib: 4_000_000, freeKib: 3_000_000, inodesFree: 100_000, readOnly: false },
      ],
      injected: [],
      environmentErrors: [],
      failedUnits: [],
      counters: {},
      firewall: [],
      clock: AT,
    },
    browser: undefined,
  };
}

export function healthyVm(over: Partial<VmSight> = {}): VmSight {
  return {
    vmId: VM_ID,
    state: "ready",
    address: ADDRESS,
    port: "tap",
    ownerUid: OWNER_UID,
    hasBrowser: false,
    route: { dev: "fcbr0", source: GATEWAY },
    vmm: {
      pid: VMM_PID,
      alive: true,
      processState: "S",
      status: "running",
      log: [],
      namespaceInode: "4026532000",
    },
    console: ["[    0.000000] Linux version 6.1.0"],
    guest: healthyGuest(),
    probe: healthyProbe(),
    ...over,
  };
}

export const healthySubject = (
  over: { host?: Partial<HostSight>; vm?: Partial<VmSight> } = {},
): VmSubject => ({
  host: healthyHost(over.host),
  vm: healthyVm(over.vm),
});
