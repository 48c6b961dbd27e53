import { EgressPolicy, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { planAddresses } from "./address-plan.ts";
import type { LinkFacts } from "./facts.ts";
import { guestTable } from "./firewall/guest-rules.ts";
import { generationOf } from "./firewall/ruleset.ts";
import { keyOfElement } from "./plan/elements.ts";
import {
  type CurrentNetwork,
  describeStep,
  elementsOfVm,
  faultOf,
  type NetworkTarget,
  planNetwork,
} from "./plan.ts";

const address = planAddresses("10.0.0.0/24").addressOf(0);
const vmId = VmId.parse("vm_00000000000000000001");
const target: NetworkTarget = {
  bridge: { name: "fcbr0", mac: "06:00:00:00:00:01", mtu: 1500, gateway: "10.0.0.1", prefix: 24 },
  sysctls: [
    { path: "net/ipv4/conf/fcbr0/rp_filter", value: "1", why: "", alsoRight: ["2"] },
    { path: "net/ipv4/conf/fcbr0/forwarding", value: "1", why: "" },
    { path: "net/ipv6/conf/all/disable_ipv6", value: "1", why: "" },
  ],
  tables: [guestTable()],
  canary: { ip: "10.0.0.254", port: 7777, prefix: 24, gateway: "10.0.0.1", mtu: 1500 },
  held: [{ vmId, address }],
};

const link = (name: string, index: number, more: Partial<LinkFacts> = {}): LinkFacts => ({
  name,
  index,
  kind: "",
  mac: "",
  mtu: 1500,
  up: true,
  carrier: true,
  carrierChanges: 0,
  noArp: false,
  group: 0,
  master: 1,
  txQueueLength: 1000,
  rxPackets: 0,
  txPackets: 0,
  rxDropped: 0,
  txDropped: 0,
  port: { state: 3, isolated: true, learning: true, flood: true },
  ...more,
});

const bridge = link("fcbr0", 1, {
  kind: "bridge",
  mac: target.bridge.mac,
  master: 0,
  addressAssignType: 3,
  bridge: { stp: false, vlanFiltering: false },
});
const port = { state: 3, isolated: true, learning: true, flood: true };
const tap = (more: Partial<LinkFacts>) => ({ taps: [link("bv-0", 2, { operstate: 6, ...more })] });
const own = { ip: "10.0.0.0", prefix: 24, ifindex: 1, table: 254, source: "10.0.0.1" };

const done: CurrentNetwork = {
  bridge,
  addresses: [{ ifindex: 1, ip: "10.0.0.1", prefix: 24 }],
  routes: [own, { ip: "0.0.0.0", prefix: 0, ifindex: 9, table: 254 }],
  neighbours: [{ ip: address.ip, mac: address.mac, ifindex: 1, state: "reachable" }],
  // This kernel has no IPv6.
  sysctls: new Map([
    ["net/ipv4/conf/fcbr0/rp_filter", "1"],
    ["net/ipv4/conf/fcbr0/forwarding", "1"],
  ]),
  generation: generationOf(target.tables),
  elements: new Set(elementsOfVm(address).map(keyOfElement)),
  ...tap({}),
  names: new Map([
    [1, "fcbr0"],
    [2, "bv-0"],
    [9, "dummy9"],
  ]),
  canary: { alive: true, port: link("bvm-canary", 3) },
};

const empty: CurrentNetwork = {
  addresses: [],
  routes: [],
  neighbours: [],
  sysctls: new Map(),
  generation: undefined,
  elements: new Set(),
  taps: [],
  names: new Map(),
  canary: { alive: false },
};

const steps = (current: Partial<CurrentNetwork>) => planNetwork({ ...done, ...current }, target);
const host = (code: string) => `${code} host`;
const vm = (code: string) => `${code} ${vmId}`;

test("what is as planned needs no step", () => {
  expect(planNetwork(done, target)).toEqual([]);
});

test("from nothing: the bridge first, rules before anything is plugged, the canary last", () => {
  const planned = planNetwork(empty, target);
  expect(planned.map((step) => step.do)).toEqual([
    "createBridge",
    "setSysctl",
    "setSysctl",
    "loadRules",
    "addGateway",
    "setLink",
    "startCanary",
  ]);
});

test("a bridge that is gone is one fault: it is made again, and every TAP and the canary are plugged into it", () => {
  const { bridge: _gone, ...rest } = done;
  const planned = planNetwork({ ...rest, ...tap({ master: 0 }), addresses: [], routes: [] }, target);
  expect(planned.map((step) => step.do)).toEqual([
    "createBridge",
    "setSysctl",
    "setSysctl",
    "addGateway",
    "setLink",
    "plugPort",
    "plugPort",
  ]);
  expect(new Set(planned.map(faultOf))).toEqual(new Set([host("bridge-missing")]));
});

describe("one thing that is off is one fault, by the doctor's name for it", () => {
  const moved = { ip: address.ip, ifindex: 1, mac: "02:aa:aa:aa:aa:aa" };
  const foreign = { ip: address.ip, prefix: 32, table: 254 };
  test.each<[string, Partial<CurrentNetwork>, string, string]>([
    ["another MAC", { bridge: { ...bridge, mac: "06:11:11:11:11:11" } }, host("bridge-mac"), "setLink"],
    [
      "an unpinned MAC",
      { bridge: { ...bridge, addressAssignType: 1 } },
      host("bridge-mac-unpinned"),
      "setLink",
    ],
    ["NOARP", { bridge: { ...bridge, noArp: true } }, host("bridge-arp-off"), "setLink"],
    ["another MTU", { bridge: { ...bridge, mtu: 1400 } }, host("bridge-mtu"), "setLink"],
    [
      "a bridge that is down",
      { bridge: { ...bridge, up: false }, routes: [] },
      host("bridge-down"),
      "setLink",
    ],
    [
      "STP",
      { bridge: { ...bridge, bridge: { stp: true, vlanFiltering: false } } },
      host("bridge-stp"),
      "plainBridge",
    ],
    [
      "VLAN filtering",
      { bridge: { ...bridge, bridge: { stp: false, vlanFiltering: true } } },
      host("bridge-vlan-filtering"),
      "plainBridge",
    ],
    ["no gateway", { addresses: [], routes: [] }, host("bridge-address"), "addGateway"],
    [
      "a gateway of another size",
      { addresses: [{ ifindex: 1, ip: "10.0.0.1", prefix: 32 }], routes: [] },
      host("bridge-address"),
      "addGateway",
    ],
    ["a TAP that is down", tap({ up: false, carrier: false }), vm("tap-down"), "setLink"],
    ["a TAP of no bridge", tap({ master: 0 }), vm("tap-orphan"), "plugPort"],
    ["a TAP on another bridge", tap({ master: 9 }), vm("tap-wrong-bridge"), "plugPort"],
    ["a TAP's MTU", tap({ mtu: 1400 }), vm("tap-mtu"), "setLink"],
    ["a TAP's queue", tap({ txQueueLength: 0 }), vm("tap-queue-length"), "setLink"],
    ["isolation", tap({ port: { ...port, isolated: false } }), vm("port-not-isolated"), "setPort"],
    [
      "flood and learning",
      tap({ port: { ...port, flood: false, learning: false } }),
      vm("port-flood-off"),
      "setPort",
    ],
    ["a port that is switched off", tap({ port: { ...port, state: 0 } }), vm("port-blocked"), "setPort"],
    [
      "an address on a TAP, with the route that it brings",
      {
        addresses: [...done.addresses, { ifindex: 2, ip: "10.0.0.9", prefix: 24 }],
        routes: [own, { ...own, ifindex: 2, source: "10.0.0.9" }],
      },
      vm("tap-address"),
      "removeAddress",
    ],
    [
      "a route to a guest by its TAP",
      { routes: [own, { ...foreign, ifindex: 2 }] },
      vm("route-stolen"),
      "removeRoute",
    ],
    [
      "a blackhole for a guest",
      { routes: [own, { ...foreign, ifindex: 0 }] },
      vm("route-stolen"),
      "removeRoute",
    ],
    [
      "our range by another link",
      { routes: [own, { ...own, ifindex: 9 }] },
      host("route-overlap"),
      "removeRoute",
    ],
    ["our own route gone", { routes: [] }, host("route-stolen"), "addRoute"],
    [
      "a neighbour set by hand",
      { neighbours: [{ ...moved, state: "permanent" }] },
      vm("neighbour-permanent"),
      "forgetNeighbour",
    ],
    [
      "a stale neighbour",
      { neighbours: [{ ...moved, state: "stale" }] },
      vm("neighbour-wrong"),
      "forgetNeighbour",
    ],
    ["rules gone", { generation: undefined }, host("rules-missing"), "loadRules"],
    ["rules of another generation", { generation: "0123" }, host("rules-altered"), "loadRules"],
    ["lost elements", { elements: new Set<string>() }, vm("rules-element"), "admit"],
    [
      "a dead canary",
      { canary: { alive: false, port: link("bvm-canary", 3) } },
      host("canary-dead"),
      "startCanary",
    ],
    [
      "the canary's port",
      { canary: { alive: true, port: link("bvm-canary", 3, { master: 0 }) } },
      host("canary-dead"),
      "plugPort",
    ],
  ])("%s", (_what, current, fault, kind) => {
    expect(steps(current).map((step) => [faultOf(step), step.do])).toEqual([[fault, kind]]);
    expect(steps(current).map(describeStep)).not.toContain("");
  });

  test.each([
    ["net/ipv4/conf/fcbr0/rp_filter", "network-settings"],
    ["net/ipv4/conf/fcbr0/forwarding", "forwarding-off"],
  ])("the setting %s", (path, code) => {
    const planned = steps({ sysctls: new Map([...done.sysctls, [path, "0"]]) });
    expect(planned.map((step) => [faultOf(step), step.do])).toEqual([[host(code), "setSysctl"]]);
  });
});

test("a bridge that followed its lowest port is that port's fault", () => {
  const planned = steps({ bridge: { ...bridge, mtu: 1400 }, ...tap({ mtu: 1400 }) });
  expect(new Set(planned.map(faultOf))).toEqual(new Set([vm("tap-mtu")]));
});

describe("what does no harm is left alone", () => {
  test.each<[string, Partial<CurrentNetwork>]>([
    ["a TAP that no VM holds", { taps: [...done.taps, link("bv-7", 8, { master: 0, up: false })] }],
    ["learning alone off", tap({ port: { ...port, learning: false } })],
    ["flooding alone off", tap({ port: { ...port, flood: false } })],
    ["a port whose carrier the bridge has not seen yet", tap({ operstate: 2, port: { ...port, state: 0 } })],
    ["a TAP without a VMM", tap({ carrier: false, operstate: 2, port: { ...port, state: 0 } })],
    ["a guest that the host does not know", { neighbours: [] }],
    ["a guest that does not answer ARP", { neighbours: [{ ip: address.ip, ifindex: 1, state: "failed" }] }],
    [
      "the right MAC, set by hand",
      { neighbours: [{ ip: address.ip, mac: address.mac, ifindex: 1, state: "permanent" }] },
    ],
    [
      "a wider route by another link",
      { routes: [own, { ip: "10.0.0.0", prefix: 8, ifindex: 9, table: 254 }] },
    ],
    ["a route of another table", { routes: [own, { ...own, ifindex: 9, table: 100 }] }],
    ["a second way by the bridge", { routes: [own, { ip: address.ip, prefix: 32, ifindex: 1, table: 254 }] }],
    [
      "a value that serves as well",
      { sysctls: new Map([...done.sysctls, ["net/ipv4/conf/fcbr0/rp_filter", "2"]]) },
    ],
  ])("%s", (_what, current) => {
    expect(steps(current)).toEqual([]);
  });
});

test("a link of another kind under the bridge's name is not touched", () => {
  const planned = steps({ bridge: { ...bridge, kind: "dummy", up: false }, ...tap({ master: 0 }) });
  expect(planned).toEqual([]);
});

describe("a guest's egress policy", () => {
  const egress = { policy: EgressPolicy.parse({ allow: ["203.0.113.0/24:443", "a.example"] }), mark: 9 };
  const governed: NetworkTarget = { ...target, held: [{ vmId, address, egress }] };
  const inForce = new Set(elementsOfVm(address, egress).map(keyOfElement));
  const tell = (steps: ReturnType<typeof planNetwork>) =>
    steps.map((step) => [
      step.do,
      step.because.code,
      step.because.vmId,
      "elements" in step ? step.elements : [],
    ]);

  test("is planned once: in force, nothing is left to do", () => {
    const steps = planNetwork(done, governed);
    expect(steps).toMatchObject([{ do: "admit", because: { code: "egress-rules", vmId } }]);
    expect(planNetwork({ ...done, elements: inForce }, governed)).toEqual([]);
  });

  test("that was lost in part comes back in that part, under a code of its own", () => {
    const lost = new Set([...inForce].filter((key) => !key.includes("egress_allowed")));
    expect(tell(planNetwork({ ...done, elements: lost }, governed))).toEqual([
      [
        "admit",
        "egress-rules",
        vmId,
        [
          {
            table: "inet browservm",
            set: "egress_allowed",
            element: `${address.ip} . 203.0.113.0-203.0.113.255 . 443`,
          },
        ],
      ],
    ]);
  });

  test("is cleared of what it does not say, before what is missing comes", () => {
    const stray = `inet browservm egress_allowed ${address.ip} . 203.0.113.0-203.0.113.127 . 0-65535`;
    const wide = "inet browservm egress_denied 10.0.0.0-10.0.0.255 . 1.1.1.1 . 53";
    const elements = new Set([...inForce, stray, wide].filter((key) => !key.includes("203.0.113.255")));
    const steps = planNetwork({ ...done, elements }, governed);
    expect(steps.map((step) => step.do)).toEqual(["expel", "expel", "admit"]);
    expect(steps[0]?.because.cause).toContain("which no policy asks for");
  });

  test("leaves alone what DNS has opened, and what belongs to a guest that is not known here", () => {
    const elements = new Set([
      ...inForce,
      `inet browservm egress_names ${address.ip} . 203.0.113.9`,
      "inet browservm egress_open 10.0.0.77",
    ]);
    expect(planNetwork({ ...done, elements }, governed)).toEqual([]);
  });

  test("that nobody has any more is removed", () => {
    const steps = planNetwork({ ...done, elements: inForce }, target);
    expect(steps).toMatchObject([{ do: "expel", because: { code: "egress-rules", vmId } }]);
    expect(tell(steps)[0]?.[3]).toHaveLength(inForce.size - elementsOfVm(address).length);
  });
});
