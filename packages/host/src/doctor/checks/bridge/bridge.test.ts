import { Ipv4 } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { LinkFacts } from "../../../net/facts.ts";
import { goodBridge, goodTap } from "../../../testing/fake-network.ts";
import { codesOf, deadProbe, findingOf, type Overlay, rootsOf, subjectWith } from "../../testing/diagnose.ts";
import { ADDRESS, healthyHost, healthyVm } from "../../testing/healthy-sight.ts";

const BRIDGE = goodBridge();
const TAP = goodTap(ADDRESS, healthyVm().ownerUid);
const PORT = { state: 3, isolated: true, learning: true, flood: true };
const DEAD = { probe: deadProbe() };
const NO_WAY = { ...DEAD, route: undefined };

const port = (index: number): LinkFacts => ({ ...TAP, name: `p${index}`, index: 100 + index });
const ports = (count: number): LinkFacts[] => Array.from({ length: count }, (_, index) => port(index));

const FAULTS: ReadonlyArray<readonly [fault: string, over: Overlay, root: string]> = [
  [
    "the bridge was deleted: every TAP is an orphan, gateway, routes and neighbours are gone",
    {
      host: {
        links: [{ ...TAP, master: 0 }],
        bridge: undefined,
        addresses: [],
        routes: [],
        neighbours: [],
        neighboursAfter: [],
        fdb: [],
      },
      vm: NO_WAY,
    },
    "bridge-missing",
  ],
  [
    "a dummy has the bridge's name",
    {
      tap: { master: 0, port: undefined },
      bridge: { kind: "dummy", bridge: undefined },
      host: { fdb: [] },
      vm: NO_WAY,
    },
    "bridge-wrong-kind",
  ],
  [
    "the bridge was set down: routes vanish, ports are disabled",
    {
      tap: { port: { ...PORT, state: 0 } },
      bridge: { up: false, carrier: false },
      host: { routes: [] },
      vm: NO_WAY,
    },
    "bridge-down",
  ],
  [
    "the gateway's address was removed",
    { host: { addresses: [], routes: [] }, vm: NO_WAY },
    "bridge-address",
  ],
  [
    "the gateway's address has the prefix 32",
    {
      host: { addresses: [{ ifindex: BRIDGE.index, ip: "192.168.100.1", prefix: 32 }], routes: [] },
      vm: NO_WAY,
    },
    "bridge-address",
  ],
  [
    "the gateway's address is on lo, where only the bridge answers ARP for its own (arp_ignore=1)",
    { host: { addresses: [{ ifindex: 99, ip: "192.168.100.1", prefix: 32 }] }, vm: DEAD },
    "bridge-address",
  ],
  ["the bridge took the MAC of a port", { bridge: { mac: TAP.mac, addressAssignType: 1 } }, "bridge-mac"],
  [
    "STP is on, and the port listens",
    {
      tap: { port: { ...PORT, state: 1 } },
      bridge: { carrier: false, bridge: { stp: true, vlanFiltering: false } },
      vm: DEAD,
    },
    "bridge-stp",
  ],
  [
    "STP is on, and the ports forward again",
    { bridge: { bridge: { stp: true, vlanFiltering: false } } },
    "bridge-stp",
  ],
  [
    "the guest's port is in VLAN 20",
    {
      bridge: { bridge: { stp: false, vlanFiltering: true } },
      host: {
        fdb: [{ mac: ADDRESS.mac, ifindex: TAP.index, permanent: false, static: false, vlan: 20 }],
      },
      vm: DEAD,
    },
    "bridge-vlan-filtering",
  ],
  ["ARP is off", { bridge: { noArp: true }, host: { neighbours: [] }, vm: DEAD }, "bridge-arp-off"],
  ["the bridge's MTU was lowered by hand", { bridge: { mtu: 1400 } }, "bridge-mtu"],
  [
    "a stranger's port has lowered the bridge's MTU",
    { bridge: { mtu: 1280 }, links: [{ ...port(1), mtu: 1280 }] },
    "bridge-mtu",
  ],
  ["every port is taken", { links: ports(1022) }, "bridge-full"],
];

describe("each fault of the bridge has one root cause", () => {
  test.each(FAULTS)("%s", (_fault, over, root) => {
    expect(rootsOf(subjectWith(over))).toEqual([root]);
  });
});

const HARMLESS: ReadonlyArray<readonly [what: string, over: Overlay]> = [
  [
    "a fresh bridge without VMs, with carrier though it never had a port",
    { host: { links: [BRIDGE], bridge: BRIDGE, held: [], holders: [] } },
  ],
  [
    "a bridge without VMs that lost its carrier",
    { bridge: { carrier: false }, host: { held: [], holders: [] } },
  ],
  [
    "a second address on the bridge",
    {
      host: {
        addresses: [...healthyHost().addresses, { ifindex: BRIDGE.index, ip: "10.9.9.1", prefix: 24 }],
      },
    },
  ],
  ["919 ports", { links: ports(918) }],
];

describe("what does no harm is not flagged", () => {
  test.each(HARMLESS)("%s", (_what, over) => {
    const subject = subjectWith({ ...over, vm: { state: "creating", ...over.vm } });
    const trouble = ["fail", "warn", "unknown"] as const;
    expect(trouble.flatMap((verdict) => codesOf(subject, verdict))).toEqual([]);
  });
});

const CANARY = { ip: "192.168.100.254", port: 7777, prefix: 24, gateway: "192.168.100.1", mtu: 1500 };
const target = { ...healthyHost().target, canary: CANARY };
const canaryPort: LinkFacts = { ...TAP, name: "bvm-canary", index: 60, kind: "veth" };

const WARNED: ReadonlyArray<readonly [what: string, over: Overlay, code: string]> = [
  ["a MAC that ports can change", { bridge: { addressAssignType: 1 } }, "bridge-mac-unpinned"],
  ["a larger MTU", { bridge: { mtu: 9000 } }, "bridge-mtu"],
  ["920 ports", { links: ports(919) }, "bridge-full"],
  [
    "the gateway's address on lo, with arp_ignore=0",
    {
      host: {
        addresses: [{ ifindex: 99, ip: "192.168.100.1", prefix: 32 }],
        sysctls: new Map([
          ["net/ipv4/conf/all/arp_ignore", "0"],
          ["net/ipv4/conf/fcbr0/arp_ignore", "0"],
        ]),
      },
    },
    "bridge-address",
  ],
  [
    "a canary whose process has ended",
    { links: [canaryPort], host: { target, canary: { alive: false } } },
    "canary-dead",
  ],
  ["a canary without a port", { host: { target } }, "canary-dead"],
  [
    "a canary that could be reached from guests' ports",
    { links: [{ ...canaryPort, port: { ...PORT, isolated: false } }], host: { target } },
    "canary-dead",
  ],
];

describe("what breaks nothing now is a warning", () => {
  test.each(WARNED)("%s", (_what, over, code) => {
    const subject = subjectWith(over);
    expect(codesOf(subject, "warn")).toEqual([code]);
    expect(codesOf(subject, "fail")).toEqual([]);
  });
});

test("a canary that is plugged, isolated and alive passes, also one that is not planned", () => {
  const planned = subjectWith({ links: [canaryPort], host: { target } });
  expect(findingOf(planned, "canary-dead").verdict).toBe("pass");
  expect(findingOf(subjectWith({}), "canary-dead").verdict).toBe("skip");
});

test("a pinning that cannot be read is unknown", () => {
  const subject = subjectWith({ bridge: { addressAssignType: undefined } });
  expect(codesOf(subject, "unknown")).toEqual(["bridge-mac-unpinned"]);
});

test("a bridge without carrier beside a running VM is a symptom, and says which port does not forward", () => {
  const subject = subjectWith({ bridge: { carrier: false }, tap: { master: 0, port: undefined } });
  const finding = findingOf(subject, "bridge-no-carrier");
  expect(finding.suppressedBy).toEqual(["tap-orphan"]);
  expect(finding.cause).toContain("none of its ports forwards");
  expect(finding.evidence.map(({ subject: what }) => what)).toEqual(["link fcbr0", "link bv-0"]);
});

test("what a VM's TAP did to the bridge's MTU is told there, and only warned of here", () => {
  const subject = subjectWith({ tap: { mtu: 1400 }, bridge: { mtu: 1400 } });
  expect(findingOf(subject, "bridge-mtu")).toMatchObject({ verdict: "warn" });
  expect(findingOf(subject, "bridge-mtu").cause).toContain("follows its port bv-0");
});

test("the repair of a missing bridge has this bridge's MAC and address", () => {
  const plan = { ...healthyHost().plan, gateway: Ipv4.parse("192.168.100.1") };
  const { fix } = findingOf(subjectWith({ host: { bridge: undefined, plan } }), "bridge-missing");
  expect(fix?.kind).toBe("auto");
  expect(fix?.commands.slice(0, 2)).toEqual([
    `ip link add fcbr0 address ${plan.bridgeMac} type bridge`,
    "ip address add 192.168.100.1/24 dev fcbr0",
  ]);
});
