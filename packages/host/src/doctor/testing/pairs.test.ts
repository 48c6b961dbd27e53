import { describe, expect, test } from "vitest";
import { goodBridge, goodTap } from "../../testing/fake-network.ts";
import {
  deadProbe,
  LINK_HOST_CHECKS,
  LINK_VM_CHECKS,
  type Overlay,
  rootsOf,
  subjectWith,
} from "./diagnose.ts";
import { ADDRESS, healthyHost, healthyVm } from "./healthy-sight.ts";

const PORT = { state: 3, isolated: true, learning: true, flood: true };
const DEAD = { probe: deadProbe() };
const TAP = goodTap(ADDRESS, 200_000);
const toTap = { ip: ADDRESS.ip, prefix: 32, ifindex: TAP.index, table: 254 };
const fixed = [{ ip: ADDRESS.ip, mac: "02:fc:c0:a8:64:09", ifindex: goodBridge().index, state: "permanent" }];

const PAIRS: ReadonlyArray<readonly [first: string, second: string, over: Overlay]> = [
  [
    "bridge-stp",
    "tap-queue-length",
    {
      bridge: { bridge: { stp: true, vlanFiltering: false } },
      tap: { txQueueLength: 0 },
      vm: DEAD,
    },
  ],
  [
    "bridge-arp-off",
    "tap-orphan",
    { bridge: { noArp: true }, tap: { master: 0, port: undefined }, vm: DEAD },
  ],
  [
    "tap-orphan",
    "route-stolen",
    {
      tap: { master: 0, port: undefined },
      host: { routes: [...healthyHost().routes, toTap] },
      vm: { ...DEAD, route: { dev: "bv-0" } },
    },
  ],
  [
    "tap-down",
    "neighbour-permanent",
    {
      tap: { up: false, port: { ...PORT, state: 0 } },
      host: { neighbours: fixed, neighboursAfter: fixed },
      vm: DEAD,
    },
  ],
  [
    "bridge-mac",
    "port-not-isolated",
    {
      bridge: { mac: "02:00:00:00:00:07" },
      tap: { port: { ...PORT, isolated: false } },
    },
  ],
  [
    "vmm-stopped",
    "tap-mtu",
    {
      tap: { mtu: 1400 },
      vm: { ...DEAD, vmm: { ...healthyVm().vmm, processState: "T", status: undefined } },
    },
  ],
  [
    "vmm-stopped",
    "tap-orphan",
    {
      tap: { master: 0, port: undefined },
      vm: { ...DEAD, vmm: { ...healthyVm().vmm, processState: "T", status: undefined } },
    },
  ],
  [
    "bridge-mtu",
    "tap-ingress-filter",
    {
      bridge: { mtu: 1280 },
      host: { tcFilters: [{ link: "bv-0", direction: "ingress", words: "matchall drop", drops: true }] },
      vm: DEAD,
    },
  ],
  [
    "bridge-vlan-filtering",
    "port-blocked",
    {
      bridge: { bridge: { stp: false, vlanFiltering: true } },
      tap: { port: { ...PORT, state: 0 } },
      vm: DEAD,
    },
  ],
  [
    "tap-owner",
    "route-stolen",
    {
      tap: { tun: { tap: true, persist: true, vnetHdr: true, multiQueue: false, ownerUid: 0 } },
      host: { routes: [...healthyHost().routes, toTap] },
      vm: { ...DEAD, route: { dev: "bv-0" } },
    },
  ],
];

describe("two faults that have nothing to do with each other are both named", () => {
  test.each(PAIRS)("%s and %s", (first, second, over) => {
    expect(new Set(rootsOf(subjectWith(over)))).toEqual(new Set([first, second]));
  });
});

describe("the checks themselves", () => {
  const checks = [...LINK_HOST_CHECKS, ...LINK_VM_CHECKS];

  test("have different names", () => {
    const codes = checks.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test.each(checks.map((check) => [check.code, check] as const))("%s is explained in full", (code, check) => {
    const { symptom, cause, evidence, fix } = check.explanation;
    for (const text of [symptom, cause, evidence, fix.text]) expect(text).toMatch(/^\S.{10,}[.)?]$/s);
    expect(check.title).toMatch(/^[A-Z].*[^.]$/);
    expect(check.dependsOn).not.toContain(code);
    expect(fix.kind === "command" || fix.kind === "auto" || fix.commands.length === 0).toBe(true);
  });
});
