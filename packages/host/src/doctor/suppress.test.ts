import { VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { type CheckTies, type Outcome, suppress } from "./suppress.ts";

const ONE = VmId.parse("vm_00000000000000000001");
const TWO = VmId.parse("vm_00000000000000000002");

const check = (code: string, ties: Partial<CheckTies> = {}): CheckTies => ({
  code,
  dependsOn: [],
  breaks: [],
  ...ties,
});
const failed = (ties: CheckTies, vmId?: VmId): Outcome => ({
  check: ties,
  verdict: "fail",
  ...(vmId ? { vmId } : {}),
});
const passed = (ties: CheckTies, vmId?: VmId): Outcome => ({ ...failed(ties, vmId), verdict: "pass" });

const bridge = check("bridge-down", { breaks: ["arp", "ping"] });
const tap = check("tap-orphan", { dependsOn: ["bridge-down"], breaks: ["ping"] });
const route = check("route-stolen", { breaks: ["ping"] });
const arpDead = check("guest-arp-dead", { shows: "arp" });
const pingDead = check("guest-ping-dead", { shows: "ping" });

describe("dependencies", () => {
  test("a failure is explained by the failed check that it depends on", () => {
    expect(suppress([failed(bridge), failed(tap, ONE)])).toEqual([[], ["bridge-down"]]);
  });

  test("also through a check that passed, and only by root causes", () => {
    const far = check("guest-silent", { dependsOn: ["tap-orphan"] });
    expect(suppress([failed(bridge), passed(tap, ONE), failed(far, ONE)])[2]).toEqual(["bridge-down"]);
    expect(suppress([failed(bridge), failed(tap, ONE), failed(far, ONE)])[2]).toEqual(["bridge-down"]);
  });

  test("what passed explains nothing", () => {
    expect(suppress([passed(bridge), failed(tap, ONE)])).toEqual([[], []]);
  });

  test("two that depend on each other stay both", () => {
    const a = check("a", { dependsOn: ["b"] });
    const b = check("b", { dependsOn: ["a"] });
    expect(suppress([failed(a), failed(b)])).toEqual([[], []]);
  });

  test("a dependency that nobody checked is no obstacle", () => {
    expect(suppress([failed(check("a", { dependsOn: ["never-heard-of"] }))])).toEqual([[]]);
  });
});

describe("chains", () => {
  const root = check("vmm-dead");
  const middle = check("guest-silent", { dependsOn: ["vmm-dead"], breaks: ["dns"] });

  test("what an explained check breaks is explained by that one's root", () => {
    const symptom = check("dns-dead", { shows: "dns" });
    expect(suppress([failed(root, ONE), failed(middle, ONE), failed(symptom, ONE)])[2]).toEqual(["vmm-dead"]);
  });

  test("what depends on an explained symptom is explained by its root", () => {
    const far = check("dns-dead", { dependsOn: ["guest-ping-dead"] });
    expect(suppress([failed(route, ONE), failed(pingDead, ONE), failed(far, ONE)])[2]).toEqual([
      "route-stolen",
    ]);
  });

  test("a symptom is not explained by a check that depends on it", () => {
    const guess = check("guest-frozen", { dependsOn: ["guest-ping-dead"], breaks: ["ping"] });
    expect(suppress([failed(pingDead, ONE), failed(guess, ONE)])).toEqual([[], ["guest-ping-dead"]]);
  });
});

test("warnings and what is unknown are explained, too, but explain nothing", () => {
  const warned: Outcome = { ...failed(tap, ONE), verdict: "warn" };
  const unread: Outcome = { ...failed(pingDead, ONE), verdict: "unknown" };
  expect(suppress([failed(bridge), warned, unread])).toEqual([[], ["bridge-down"], ["bridge-down"]]);
  expect(suppress([warned, unread])).toEqual([[], []]);
});

describe("symptoms", () => {
  test("a symptom is explained by every failed check that breaks it", () => {
    expect(suppress([failed(bridge), failed(route, ONE), failed(pingDead, ONE)])[2]).toEqual([
      "bridge-down",
      "route-stolen",
    ]);
  });

  test("a check that breaks something else does not explain it", () => {
    expect(suppress([failed(route, ONE), failed(arpDead, ONE)])).toEqual([[], []]);
  });

  test("a symptom does not explain a symptom by what it shows", () => {
    const wide = check("guest-arp-dead", { shows: "arp", breaks: ["ping"] });
    expect(suppress([failed(wide, ONE), failed(pingDead, ONE)])).toEqual([[], []]);
  });

  test("but it does when the other depends on it", () => {
    const ping = check("guest-ping-dead", { shows: "ping", dependsOn: ["guest-arp-dead"] });
    expect(suppress([failed(arpDead, ONE), failed(ping, ONE)])).toEqual([[], ["guest-arp-dead"]]);
  });

  test("a symptom of the host is explained by a fault of any VM", () => {
    const noCarrier = check("bridge-no-carrier", { shows: "carrier" });
    const down = check("tap-down", { breaks: ["carrier"] });
    expect(suppress([failed(noCarrier), failed(down, ONE)])).toEqual([["tap-down"], []]);
  });
});

test("two independent faults stay both root causes", () => {
  expect(suppress([failed(tap, ONE), failed(route, ONE)])).toEqual([[], []]);
});

test("one VM's fault does not explain another VM's", () => {
  expect(suppress([failed(route, ONE), failed(pingDead, TWO)])).toEqual([[], []]);
  const service = check("agent-port-refused", { dependsOn: ["route-stolen"] });
  expect(suppress([failed(route, ONE), failed(service, TWO)])).toEqual([[], []]);
});

test("a VM's fault does not explain the host's", () => {
  const host = check("rules-missing", { dependsOn: ["route-stolen"] });
  expect(suppress([failed(route, ONE), failed(host)])).toEqual([[], []]);
});
