import { Ipv4, LinkName, MacAddress, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { RouteFacts } from "../../../linux/routes.ts";
import type { LinkFacts, NeighbourFacts } from "../../../net/facts.ts";
import { goodBridge, goodTap } from "../../../testing/fake-network.ts";
import type { FdbFacts, RuleFacts } from "../../sight/host-sight.ts";
import { codesOf, deadProbe, findingOf, type Overlay, rootsOf, subjectWith } from "../../testing/diagnose.ts";
import { ADDRESS, healthyHost, healthyProbe, healthyVm } from "../../testing/healthy-sight.ts";

const BRIDGE = goodBridge();
const TAP = goodTap(ADDRESS, healthyVm().ownerUid);
const ETH1: LinkFacts = { ...BRIDGE, name: "eth1", index: 40, kind: "", mac: "52:54:00:00:00:09" };
const OTHER_MAC = MacAddress.parse("02:fc:c0:a8:64:09");
const OWN_ROUTE: RouteFacts = {
  ip: "192.168.100.0",
  prefix: 24,
  ifindex: BRIDGE.index,
  table: 254,
  source: "192.168.100.1",
};

const route = (over: Partial<RouteFacts>): RouteFacts => ({
  ip: "192.168.100.0",
  prefix: 24,
  ifindex: ETH1.index,
  table: 254,
  ...over,
});
const rule = (over: Partial<RuleFacts>): RuleFacts => ({
  priority: 100,
  table: 200,
  words: "100: from all lookup 200",
  ...over,
});
const neighbour = (over: Partial<NeighbourFacts>): NeighbourFacts => ({
  ip: ADDRESS.ip,
  mac: OTHER_MAC,
  ifindex: BRIDGE.index,
  state: "reachable",
  ...over,
});
const known = (entry: NeighbourFacts) => ({ neighbours: [entry], neighboursAfter: [entry] });
const learned = (over: Partial<FdbFacts>): FdbFacts => ({
  mac: ADDRESS.mac,
  ifindex: TAP.index,
  permanent: false,
  static: false,
  ...over,
});
const byEth1 = { probe: deadProbe(), route: { dev: "eth1" } };
const answeredBy = (...arp: string[]) => ({
  probe: healthyProbe({ toGuest: { ...healthyProbe().toGuest, arp } }),
});
const elsewhere: RouteFacts = { ip: "0.0.0.0", prefix: 0, ifindex: ETH1.index, table: 200 };

const FAULTS: ReadonlyArray<readonly [fault: string, over: Overlay, root: string]> = [
  [
    "a host route to the guest goes by its own TAP (symptoms 0.1 B)",
    {
      host: { routes: [OWN_ROUTE, route({ ip: ADDRESS.ip, prefix: 32, ifindex: TAP.index })] },
      vm: { probe: deadProbe(), route: { dev: "bv-0" } },
    },
    "route-stolen",
  ],
  [
    "a host route to the guest goes by another card",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({ ip: ADDRESS.ip, prefix: 32 })] }, vm: byEth1 },
    "route-stolen",
  ],
  [
    "a blackhole route for the guest",
    {
      host: { routes: [OWN_ROUTE, route({ ip: ADDRESS.ip, prefix: 32, ifindex: 0 })] },
      vm: { probe: deadProbe(), route: undefined },
    },
    "route-stolen",
  ],
  [
    "a route to the guest over another machine on the bridge",
    { vm: { probe: deadProbe(), route: { dev: "fcbr0", via: "192.168.100.99" } } },
    "route-stolen",
  ],
  [
    "somebody deleted the bridge's route",
    { host: { routes: [] }, vm: { probe: deadProbe(), route: undefined } },
    "route-stolen",
  ],
  [
    "the host has the guest's address itself",
    {
      host: { addresses: [...healthyHost().addresses, { ifindex: 99, ip: ADDRESS.ip, prefix: 32 }] },
      vm: { probe: deadProbe(), route: { dev: "lo", source: ADDRESS.ip } },
    },
    "route-stolen",
  ],
  [
    "half of the range goes to a VPN",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({ prefix: 25 })] }, vm: byEth1 },
    "route-overlap",
  ],
  [
    "the same subnet is on another card, and first",
    { links: [ETH1], host: { routes: [route({ source: "192.168.100.7" }), OWN_ROUTE] }, vm: byEth1 },
    "route-overlap",
  ],
  [
    "a route without an address takes a part by somebody's TAP",
    {
      host: { routes: [OWN_ROUTE, route({ prefix: 30, ifindex: TAP.index })] },
      vm: { probe: deadProbe(), route: { dev: "bv-0" } },
    },
    "route-overlap",
  ],
  [
    "a rule sends everything to a VPN's table",
    { links: [ETH1], host: { rules: [rule({})], routes: [OWN_ROUTE, elsewhere] }, vm: byEth1 },
    "rule-diverts",
  ],
  [
    "a rule makes our range a black hole",
    {
      host: {
        rules: [
          rule({ table: 0, action: "blackhole", to: "192.168.100.0/24", words: "100: to … blackhole" }),
        ],
      },
      vm: { probe: deadProbe(), route: undefined },
    },
    "rule-diverts",
  ],
  [
    "the kernel refuses new neighbours",
    {
      host: {
        neighbours: [],
        counters: { before: { "ArpCache.table_fulls": 4 }, after: { "ArpCache.table_fulls": 9 } },
      },
      vm: { probe: deadProbe() },
    },
    "neighbour-table-full",
  ],
  ["the neighbour table is full", { host: { neighbourLimit: 1 } }, "neighbour-table-full"],
  [
    "somebody fixed the guest's address to another MAC",
    { host: known(neighbour({ state: "permanent" })), vm: { probe: deadProbe() } },
    "neighbour-permanent",
  ],
  [
    "the address had another guest, and the host still thinks so",
    { host: known(neighbour({ state: "stale" })), vm: { probe: deadProbe({ sent: 6 }) } },
    "neighbour-wrong",
  ],
  ["two machines answer for the address", { vm: answeredBy(ADDRESS.mac, OTHER_MAC) }, "address-duplicate"],
  [
    "somebody else answers for the address, and the host believes it",
    { host: known(neighbour({})), vm: answeredBy(OTHER_MAC) },
    "address-duplicate",
  ],
  [
    "a clone on another port has the guest's MAC",
    { links: [{ ...TAP, name: "veth9", index: 30 }], host: { fdb: [learned({ ifindex: 30 })] } },
    "mac-elsewhere",
  ],
  [
    "a static entry sent the guest's packets to another port, until the guest's own answer moved it back",
    {
      links: [{ ...TAP, name: "veth9", index: 30 }],
      host: { fdbBefore: [learned({ ifindex: 30, static: true })], fdb: [learned({ static: true })] },
      vm: { probe: deadProbe() },
    },
    "mac-elsewhere",
  ],
  [
    "somebody wrote the guest's MAC to the bridge itself",
    { host: { fdb: [learned({ ifindex: BRIDGE.index, permanent: true })] }, vm: { probe: deadProbe() } },
    "mac-elsewhere",
  ],
];

describe("each fault of an address has one root cause", () => {
  test.each(FAULTS)("%s", (_fault, over, root) => {
    expect(rootsOf(subjectWith(over))).toEqual([root]);
  });
});

const SUPPRESSOR = rule({
  priority: 90,
  table: 254,
  suppressPrefixLength: 0,
  words: "90: from all lookup 254",
});

const HARMLESS: ReadonlyArray<readonly [what: string, over: Overlay]> = [
  [
    "a wider route by another card",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({ prefix: 16, ip: "192.168.0.0" })] } },
  ],
  ["a default route", { links: [ETH1], host: { routes: [OWN_ROUTE, route({ prefix: 0, ip: "0.0.0.0" })] } }],
  [
    "a route beside our range",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({ ip: "192.168.101.0" })] } },
  ],
  [
    "our range in a table that no rule names",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({ table: 200 })] } },
  ],
  [
    "a VPN for all but what the main table knows",
    { links: [ETH1], host: { rules: [SUPPRESSOR, rule({})], routes: [OWN_ROUTE, elsewhere] } },
  ],
  [
    "a rule for other sources",
    { host: { rules: [rule({ from: "10.0.0.0/8" })], routes: [OWN_ROUTE, elsewhere] } },
  ],
  [
    "a rule for other destinations",
    { host: { rules: [rule({ to: "10.0.0.0/8" })], routes: [OWN_ROUTE, elsewhere] } },
  ],
  [
    "a rule for what comes from outside",
    { host: { rules: [rule({ iif: "eth0" })], routes: [OWN_ROUTE, elsewhere] } },
  ],
  ["a rule to an empty table", { host: { rules: [rule({})] } }],
  [
    "a rule after the main table",
    { host: { rules: [rule({ priority: 32_800 })], routes: [OWN_ROUTE, elsewhere] } },
  ],
  ["a rule that does nothing", { host: { rules: [rule({ table: 0, action: "nop" })] } }],
  [
    "a rule to a table that has our range by the bridge",
    { host: { rules: [rule({})], routes: [OWN_ROUTE, { ...OWN_ROUTE, table: 200 }] } },
  ],
  ["no neighbour entry yet", { host: { neighbours: [], neighboursAfter: [] } }],
  ["a failed neighbour entry", { host: known(neighbour({ state: "failed" })) }],
  ["a fixed entry with the right MAC", { host: known(neighbour({ state: "permanent", mac: ADDRESS.mac })) }],
  [
    "the guest is a neighbour on another link too",
    {
      host: { neighbours: [...healthyHost().neighbours, neighbour({ ifindex: TAP.index })] },
    },
  ],
  [
    "the same MAC on a port of another bridge",
    {
      links: [{ ...TAP, name: "veth9", index: 30, master: 77 }],
      host: { fdb: [learned({}), learned({ ifindex: 30 })] },
    },
  ],
  ["the guest's MAC in two VLANs of its own port", { host: { fdb: [learned({}), learned({ vlan: 1 })] } }],
  ["an IPv4 limit that only the machine's first namespace shows", { host: { neighbourLimit: undefined } }],
  ["a guest that answers no ARP is not a duplicate", { vm: answeredBy() }],
];

describe("what does no harm is not flagged", () => {
  test.each(HARMLESS)("%s", (_what, over) => {
    const subject = subjectWith(over);
    const trouble = ["fail", "warn", "unknown"] as const;
    expect(trouble.flatMap((verdict) => codesOf(subject, verdict))).toEqual([]);
  });
});

const WARNED: ReadonlyArray<readonly [what: string, over: Overlay, code: string]> = [
  [
    "the same subnet on another card, but second",
    { links: [ETH1], host: { routes: [OWN_ROUTE, route({})] } },
    "route-overlap",
  ],
  [
    "a rule that takes marked packets only",
    {
      links: [ETH1],
      host: { rules: [rule({ selective: true })], routes: [OWN_ROUTE, elsewhere] },
    },
    "rule-diverts",
  ],
  [
    "another source than the gateway",
    { vm: { route: { dev: "fcbr0", source: "192.168.100.200" } } },
    "route-stolen",
  ],
  [
    "a MAC that was elsewhere a moment ago, and no packet was lost",
    {
      links: [{ ...TAP, name: "veth9", index: 30 }],
      host: { fdbBefore: [learned({ ifindex: 30 })] },
    },
    "mac-elsewhere",
  ],
  [
    "a wrong neighbour that the probe itself put right",
    { host: { neighbours: [neighbour({ state: "stale" })] } },
    "neighbour-wrong",
  ],
  [
    "a neighbour table that is nearly full",
    {
      host: {
        neighbourLimit: 10,
        neighbours: Array.from({ length: 9 }, (_, index) => neighbour({ ip: `10.0.0.${index}` })),
      },
    },
    "neighbour-table-full",
  ],
];

describe("what works by luck is a warning and no fault", () => {
  test.each(WARNED)("%s", (_what, over, code) => {
    const subject = subjectWith(over);
    expect(codesOf(subject, "warn")).toEqual([code]);
    expect(codesOf(subject, "fail")).toEqual([]);
  });
});

test("two reservations of one address are a duplicate, whoever answers", () => {
  const twin = { vmId: VmId.parse("vm_00000000000000000002"), address: ADDRESS };
  const subject = subjectWith({ host: { held: [...healthyHost().held, twin] } });
  expect(rootsOf(subject)).toEqual(["address-duplicate"]);
});

test("who answers for the address is named by VM or port", () => {
  const address = {
    ...ADDRESS,
    slot: 7,
    tap: LinkName.parse("bv-7"),
    mac: OTHER_MAC,
    ip: Ipv4.parse("192.168.100.9"),
  };
  const vmId = VmId.parse("vm_00000000000000000007");
  const subject = subjectWith({
    host: { held: [...healthyHost().held, { vmId, address }] },
    vm: answeredBy(ADDRESS.mac, OTHER_MAC),
  });
  expect(findingOf(subject, "address-duplicate").cause).toContain(`${OTHER_MAC} (${vmId}) answers too`);
});

test("a stranger's port with the guest's address can be unplugged by name", () => {
  const subject = subjectWith({
    links: [{ ...TAP, name: "veth9", index: 30 }],
    host: { fdb: [learned({}), learned({ mac: OTHER_MAC, ifindex: 30 })] },
    vm: answeredBy(ADDRESS.mac, OTHER_MAC),
  });
  expect(findingOf(subject, "address-duplicate").cause).toContain(`${OTHER_MAC} (port veth9)`);
  expect(findingOf(subject, "address-duplicate").fix?.commands).toContain("ip link set veth9 nomaster");
});

test("without a probe nobody asked who answers", () => {
  expect(findingOf(subjectWith({ vm: { probe: undefined } }), "address-duplicate").verdict).toBe("skip");
});

test("many VMs and a limit that cannot be read are unknown", () => {
  const [one] = healthyHost().held;
  const held = Array.from({ length: 500 }, () => one).filter((each) => each !== undefined);
  const subject = subjectWith({ host: { neighbourLimit: undefined, held } });
  expect(findingOf(subject, "neighbour-table-full").verdict).toBe("unknown");
});

describe("the repair is the command with the names of this host", () => {
  test("for a stolen route", () => {
    const routes = [OWN_ROUTE, route({ ip: ADDRESS.ip, prefix: 32, ifindex: TAP.index })];
    const subject = subjectWith({ host: { routes }, vm: { route: { dev: "bv-0" } } });
    expect(findingOf(subject, "route-stolen").fix?.commands).toEqual([
      "ip route del 192.168.100.2/32 dev bv-0",
    ]);
  });

  test("for a route of ours that is gone", () => {
    const subject = subjectWith({ host: { routes: [] }, vm: { route: undefined } });
    expect(findingOf(subject, "route-stolen").fix?.commands).toEqual([
      "ip route add 192.168.100.0/24 dev fcbr0 src 192.168.100.1",
    ]);
  });

  test("for a rule: one of ours in front of it, or its removal where nothing can stand in front", () => {
    const found = (priority: number) =>
      findingOf(
        subjectWith({ links: [ETH1], host: { rules: [rule({ priority })], routes: [OWN_ROUTE, elsewhere] } }),
        "rule-diverts",
      ).fix?.commands;
    expect(found(100)).toEqual(["ip rule add priority 99 to 192.168.100.0/24 lookup main"]);
    expect(found(1)).toEqual(["ip rule del priority 1"]);
  });

  test("for a neighbour", () => {
    const subject = subjectWith({ host: known(neighbour({ state: "permanent" })) });
    expect(findingOf(subject, "neighbour-permanent").fix?.commands).toEqual([
      "ip neigh del 192.168.100.2 dev fcbr0",
    ]);
  });
});
