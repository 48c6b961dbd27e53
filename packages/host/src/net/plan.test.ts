import { describe, expect, test } from "vitest";
import { planAddresses } from "./address-plan.ts";
import type { LinkFacts } from "./facts.ts";
import { guestTable } from "./firewall/guest-rules.ts";
import { generationOf } from "./firewall/ruleset.ts";
import { type CurrentNetwork, elementKey, elementsOfVm, type NetworkTarget, planNetwork } from "./plan.ts";

const address = planAddresses("10.0.0.0/24").addressOf(0);
const target: NetworkTarget = {
  bridge: { name: "fcbr0", mac: "06:00:00:00:00:01", mtu: 1500, gateway: "10.0.0.1", prefix: 24 },
  sysctls: [
    { path: "net/ipv4/conf/fcbr0/rp_filter", value: "1", why: "" },
    { path: "net/ipv6/conf/all/disable_ipv6", value: "1", why: "" },
  ],
  tables: [guestTable()],
  canary: { ip: "10.0.0.254", port: 7777, prefix: 24, gateway: "10.0.0.1", mtu: 1500 },
  held: [address],
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

const done: CurrentNetwork = {
  bridge,
  bridgeAddresses: ["10.0.0.1/24"],
  // This kernel has no IPv6.
  sysctls: new Map([["net/ipv4/conf/fcbr0/rp_filter", "1"]]),
  generation: generationOf(target.tables),
  elements: new Set(
    elementsOfVm(address).map(({ table, set, element }) =>
      elementKey(table, set, element.replaceAll('"', "").split(" . ")),
    ),
  ),
  taps: [link("bv-0", 2)],
  canary: { alive: true, port: link("bvm-canary", 3) },
};

const empty: CurrentNetwork = {
  bridgeAddresses: [],
  sysctls: new Map(),
  generation: undefined,
  elements: new Set(),
  taps: [],
  canary: { alive: false },
};

const kinds = (current: Partial<CurrentNetwork>) =>
  planNetwork({ ...done, ...current }, target).map((step) => step.do);

test("what is as planned needs no step", () => {
  expect(planNetwork(done, target)).toEqual([]);
});

test("from nothing: the bridge first, rules before anything is plugged, the canary last", () => {
  expect(planNetwork(empty, target).map((step) => step.do)).toEqual([
    "createBridge",
    "setSysctl",
    "loadRules",
    "addGateway",
    "adjustBridge",
    "startCanary",
  ]);
});

test("a bridge that is gone is made again, and every TAP of a VM and the canary are plugged into it", () => {
  const { bridge: _gone, ...rest } = done;
  const steps = planNetwork({ ...rest, bridgeAddresses: [] }, target);
  expect(steps.map((step) => step.do)).toEqual(
    expect.arrayContaining(["createBridge", "addGateway", "adjustBridge", "plugPort", "plugPort"]),
  );
  expect(steps.flatMap((step) => (step.do === "plugPort" ? [step.name] : []))).toEqual([
    "bv-0",
    "bvm-canary",
  ]);
});

describe("one thing that is off is one step", () => {
  test.each<[string, Partial<CurrentNetwork>, string]>([
    ["an unpinned MAC", { bridge: { ...bridge, addressAssignType: 1 } }, "adjustBridge"],
    ["NOARP", { bridge: { ...bridge, noArp: true } }, "adjustBridge"],
    ["another MTU", { bridge: { ...bridge, mtu: 1400 } }, "adjustBridge"],
    ["a TAP that is down", { taps: [link("bv-0", 2, { up: false })] }, "plugPort"],
    ["a TAP on another bridge", { taps: [link("bv-0", 2, { master: 9 })] }, "plugPort"],
    ["rules of another generation", { generation: "0123" }, "loadRules"],
    ["lost elements", { elements: new Set<string>() }, "admit"],
    ["a dead canary", { canary: { alive: false, port: link("bvm-canary", 3) } }, "startCanary"],
  ])("%s", (_what, current, step) => {
    expect(kinds(current)).toEqual([step]);
  });
});

test("a TAP that no VM holds is left alone: reclaiming is not making", () => {
  expect(kinds({ taps: [...done.taps, link("bv-7", 8, { master: 0, up: false })] })).toEqual([]);
});

test("a setting that this kernel does not have is left out", () => {
  expect(kinds({ sysctls: new Map([["net/ipv4/conf/fcbr0/rp_filter", "0"]]) })).toEqual(["setSysctl"]);
});
