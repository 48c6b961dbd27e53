import { Ipv4, LinkName, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { LinkFacts } from "../../../net/facts.ts";
import { goodBridge } from "../../../testing/fake-network.ts";
import { deadProbe, findingOf, type Overlay, rootsOf, subjectWith } from "../../testing/diagnose.ts";
import { ADDRESS, healthyHost } from "../../testing/healthy-sight.ts";
import {
  counted,
  DEAD,
  drops,
  guestCounters,
  NOBODYS,
  PORT,
  pingOnly,
  TAP,
  TUN,
  UNHEARD,
  withoutTap,
} from "../../testing/tap-overlays.ts";
import { isShifted } from "./vnet-header-size.ts";

const VMM_PID = 4242;
const BLANK_PORT = { ...PORT, state: 0, isolated: false };
const moved = (rx: number, tx: number) => ({ rx, tx, rxDropped: 0, txDropped: 0 });
const GONE_UNDER_IT = { holders: [{ pid: VMM_PID, tap: "", command: "firecracker" }] };
const DOCKER: LinkFacts = { ...goodBridge(), name: "docker0", index: 77, mac: "02:42:00:00:00:01" };

const FAULTS: ReadonlyArray<readonly [fault: string, over: Overlay, root: string]> = [
  [
    "the TAP was deleted under the VMM",
    withoutTap({ bridge: { carrier: false }, host: GONE_UNDER_IT, vm: DEAD }),
    "tap-replaced",
  ],
  [
    "the TAP was deleted under the VMM and made again by hand",
    {
      tap: {
        carrier: false,
        up: false,
        master: 0,
        port: undefined,
        tun: { tap: true, persist: true, vnetHdr: false, multiQueue: false },
      },
      host: GONE_UNDER_IT,
      vm: DEAD,
    },
    "tap-replaced",
  ],
  [
    "and made again, and plugged in by hand",
    {
      tap: { carrier: false, port: BLANK_PORT, tun: { ...NOBODYS, vnetHdr: false } },
      host: GONE_UNDER_IT,
      vm: DEAD,
    },
    "tap-replaced",
  ],
  [
    "a dummy took the name of the TAP that was deleted under the VMM",
    { tap: { kind: "dummy", tun: undefined }, host: GONE_UNDER_IT, vm: DEAD },
    "tap-replaced",
  ],
  ["the TAP was never made", withoutTap({ vm: DEAD }), "tap-missing"],
  [
    "a tun device has the TAP's name",
    { tap: { carrier: false, tun: { ...TUN, tap: false } }, host: { holders: [] }, vm: DEAD },
    "tap-wrong-kind",
  ],
  [
    "a bridge has the TAP's name",
    { tap: { kind: "bridge", tun: undefined, master: 0 }, host: { holders: [] }, vm: DEAD },
    "tap-wrong-kind",
  ],
  [
    "the TAP was made with several queues, so the VMM could not open it",
    { tap: { carrier: false, tun: { ...TUN, multiQueue: true } }, host: { holders: [] }, vm: DEAD },
    "tap-wrong-kind",
  ],
  [
    "the VMM made the TAP itself, down and on no bridge",
    {
      tap: {
        up: false,
        carrier: false,
        master: 0,
        port: undefined,
        tun: { ...NOBODYS, persist: false },
      },
      vm: DEAD,
    },
    "tap-not-persistent",
  ],
  ["the TAP belongs to another user", { tap: { tun: { ...TUN, ownerUid: 0 } } }, "tap-owner"],
  ["the TAP belongs to nobody", { tap: { tun: NOBODYS } }, "tap-owner"],
  [
    "an orphaned VMM holds the TAP",
    { host: { holders: [{ pid: 99, tap: ADDRESS.tap, command: "qemu-system-x86" }] }, vm: DEAD },
    "tap-held-by-other",
  ],
  [
    "the VMM was started without a network device",
    { tap: { carrier: false, port: { ...PORT, state: 0 } }, host: { holders: [] }, vm: DEAD },
    "tap-not-held",
  ],
  [
    "the TAP was set down",
    { tap: { up: false, port: { ...PORT, state: 0 } }, bridge: { carrier: false }, vm: DEAD },
    "tap-down",
  ],
  [
    "the TAP was taken out of the bridge (symptoms 0.1 A: ARP works, IP is dead)",
    {
      tap: { master: 0, port: undefined },
      bridge: { carrier: false },
      host: {
        fdb: [],
        neighbours: [{ ip: ADDRESS.ip, mac: ADDRESS.mac, ifindex: TAP.index, state: "stale" }],
        neighboursAfter: [],
      },
      vm: DEAD,
    },
    "tap-orphan",
  ],
  [
    "the bridge was deleted and made again as planned (symptoms 0.1 C)",
    {
      tap: { master: 0, port: undefined },
      bridge: { index: 50, carrier: true },
      host: {
        addresses: [{ ifindex: 50, ip: "192.168.100.1", prefix: 24 }],
        routes: [{ ip: "192.168.100.0", prefix: 24, ifindex: 50, table: 254, source: "192.168.100.1" }],
        fdb: [],
        neighbours: [],
        neighboursAfter: [],
      },
      vm: DEAD,
    },
    "tap-orphan",
  ],
  [
    "the TAP was plugged into docker0",
    { tap: { master: 77 }, links: [DOCKER], bridge: { carrier: false }, vm: DEAD },
    "tap-wrong-bridge",
  ],
  ["the TAP has MTU 1400, and the bridge its own", { tap: { mtu: 1400 } }, "tap-mtu"],
  ["the TAP has MTU 1400, and the bridge follows", { tap: { mtu: 1400 }, bridge: { mtu: 1400 } }, "tap-mtu"],
  ["the TAP has no queue", { tap: { txQueueLength: 0 }, vm: DEAD }, "tap-queue-length"],
  [
    "the TAP has an address, whose route comes first",
    {
      host: {
        addresses: [...healthyHost().addresses, { ifindex: TAP.index, ip: "192.168.100.9", prefix: 24 }],
        routes: [
          {
            ip: "192.168.100.0",
            prefix: 24,
            ifindex: TAP.index,
            table: 254,
            source: "192.168.100.9",
          },
          ...healthyHost().routes,
        ],
      },
      vm: { ...DEAD, route: { dev: ADDRESS.tap, source: "192.168.100.9" } },
    },
    "tap-address",
  ],
  [
    "the guest's own address is on the TAP",
    {
      host: {
        addresses: [...healthyHost().addresses, { ifindex: TAP.index, ip: ADDRESS.ip, prefix: 32 }],
      },
      vm: { ...DEAD, route: { dev: "lo", source: ADDRESS.ip } },
    },
    "tap-address",
  ],
  [
    "the port was disabled by hand",
    { tap: { port: { ...PORT, state: 0 } }, bridge: { carrier: false }, vm: DEAD },
    "port-blocked",
  ],
  ["the port is not isolated", { tap: { port: { ...PORT, isolated: false } } }, "port-not-isolated"],
  [
    "the port neither learns nor is flooded",
    { tap: { port: { ...PORT, flood: false, learning: false } }, host: { fdb: [] }, vm: DEAD },
    "port-flood-off",
  ],
  [
    "the port is locked",
    { tap: { port: { ...PORT, locked: true } }, host: { fdb: [] }, vm: DEAD },
    "port-locked",
  ],
  ["tc drops on ingress", { host: { tcFilters: [drops("ingress", 7)] }, vm: DEAD }, "tap-ingress-filter"],
  [
    "tc drops on egress, and does not count",
    { host: { tcFilters: [drops("egress")] }, vm: DEAD },
    "tap-egress-filter",
  ],
  [
    "kernel and VMM differ about the header (10 and 12 bytes)",
    {
      host: { fdb: [{ mac: "00:02:02:fc:c0:a8", ifindex: TAP.index, permanent: false, static: false }] },
      vm: DEAD,
    },
    "vnet-header-size",
  ],
  [
    "kernel and VMM differ about the header, and our rules refuse what becomes of it",
    {
      host: { fdb: [], ruleset: counted({ spoofed_mac: 3 }), rulesetAfter: counted({ spoofed_mac: 9 }) },
      vm: UNHEARD,
    },
    "vnet-header-size",
  ],
  [
    "the VMM writes headers on a TAP that it opened without",
    { tap: { tun: { ...TUN, vnetHdr: false } }, host: { fdb: [] }, vm: UNHEARD },
    "vnet-header-size",
  ],
  [
    "what becomes of the guest's frames has no MAC at all, so nobody counts it",
    { vm: UNHEARD, host: { ruleset: counted({ guests: 7 }), rulesetAfter: counted({ guests: 7 }) } },
    "vnet-header-size",
  ],
  [
    "the VMM throws the guest's headers away, and our firewall drops what is invalid",
    {
      tap: { tun: { ...TUN, vnetHdr: false } },
      host: { counters: { before: { "Conntrack.invalid": 1 }, after: { "Conntrack.invalid": 9 } } },
      vm: { probe: pingOnly },
    },
    "checksum-lost",
  ],
  [
    "a bpf program of tc drops what the guest answers",
    {
      host: { tcFilters: [{ ...drops("ingress"), words: "filter bpf {}", drops: false }] },
      vm: {
        probe: deadProbe({ burst: { kind: "echo", sent: 10, bridge: moved(1, 10), tap: moved(10, 10) } }),
      },
    },
    "tap-ingress-filter",
  ],
  [
    "a qdisc swallows what the guest shall receive",
    {
      host: { tcFilters: [{ ...drops("egress", 0), words: "qdisc blackhole {}", drops: false }] },
      vm: {
        probe: deadProbe({
          tap: moved(0, 0),
          burst: { kind: "arp", sent: 10, bridge: moved(0, 10), tap: moved(0, 0) },
        }),
      },
    },
    "tap-egress-filter",
  ],
  [
    "the VMM throws the guest's headers away: ping works, TCP is dead",
    {
      tap: { tun: { ...TUN, vnetHdr: false } },
      host: {
        counters: {
          before: { "Tcp.InCsumErrors": 1, "Udp.InCsumErrors": 0 },
          after: { "Tcp.InCsumErrors": 17, "Udp.InCsumErrors": 0 },
        },
      },
      vm: { probe: pingOnly },
    },
    "checksum-lost",
  ],
  [
    "an earlier VMM's offloads are left on the TAP",
    {
      tap: { tun: { ...TUN, vnetHdr: false } },
      host: { counters: { before: { "Tcp.InCsumErrors": 1 }, after: { "Tcp.InCsumErrors": 1 } } },
      vm: { probe: pingOnly, guest: guestCounters({ "Tcp.InCsumErrors": 12 }) },
    },
    "checksum-lost-to-guest",
  ],
];

describe("each fault of the TAP has one root cause", () => {
  test.each(FAULTS)("%s", (_fault, over, root) => {
    expect(rootsOf(subjectWith(over))).toEqual([root]);
  });
});

test("an orphan's repair is the command with the names of this very TAP and bridge", () => {
  const finding = findingOf(subjectWith({ tap: { master: 0, port: undefined } }), "tap-orphan");
  expect(finding.fix).toMatchObject({ kind: "auto", commands: ["ip link set bv-0 master fcbr0"] });
  expect(finding.evidence[0]?.excerpt).toBe("<UP,LOWER_UP> tun mtu 1500 qlen 1000 no master");
});

test("an orphan shows its tell-tale: the guest is a neighbour on the TAP itself", () => {
  const neighbours = [{ ip: ADDRESS.ip, mac: ADDRESS.mac, ifindex: TAP.index, state: "stale" }];
  const subject = subjectWith({ tap: { master: 0, port: undefined }, host: { neighbours } });
  expect(findingOf(subject, "tap-orphan").evidence.map(({ excerpt }) => excerpt)).toContain(
    `dev bv-0 ${ADDRESS.mac} stale`,
  );
});

test("whoever holds the TAP is named with its pid, and ended by it", () => {
  const holders = [{ pid: 99, tap: ADDRESS.tap, command: "tcpreplay" }];
  const { cause, fix } = findingOf(subjectWith({ host: { holders } }), "tap-held-by-other");
  expect(cause).toContain("tcpreplay (pid 99)");
  expect(fix?.commands).toEqual(["kill 99"]);
});

test("another VM's TAP that steals this VM's route is named, not this VM's own", () => {
  const other = { ...TAP, name: "bv-7", index: 17 };
  const twin = {
    vmId: VmId.parse("vm_00000000000000000007"),
    address: { ...ADDRESS, slot: 7, tap: LinkName.parse("bv-7"), ip: Ipv4.parse("192.168.100.9") },
  };
  const subject = subjectWith({
    links: [other],
    host: {
      held: [...healthyHost().held, twin],
      addresses: [...healthyHost().addresses, { ifindex: 17, ip: "192.168.100.77", prefix: 24 }],
    },
    vm: { route: { dev: "bv-7", source: "192.168.100.77" } },
  });
  expect(rootsOf(subject)).toEqual(["tap-address"]);
  expect(findingOf(subject, "tap-address").cause).toContain("bv-7 has the address 192.168.100.77/24");
});

test("missing virtio headers are never given as the reason for a dead ping", () => {
  const subject = subjectWith({ tap: { tun: { ...TUN, vnetHdr: false } } });
  const finding = findingOf(subject, "tap-no-vnet-hdr");
  expect(finding.verdict).toBe("warn");
  expect(finding.cause).toContain("slower, not unreachable");
});

describe("a MAC made of parts of the guest's", () => {
  const guest = "02:fc:00:00:00:01";
  test.each([
    ["00:02:02:fc:00:00", true],
    ["00:00:00:01:08:06", true],
    ["00:00:00:01:08:00", true],
    ["02:fc:00:00:00:01", false],
    ["02:fc:00:00:00:02", false],
  ])("%s: %s", (mac, shifted) => {
    expect(isShifted(mac, guest)).toBe(shifted);
  });
});
