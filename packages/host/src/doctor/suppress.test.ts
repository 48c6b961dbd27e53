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
  isFailed: true,
  ...(vmId ? { vmId } : {}),
});
const passed = (ties: CheckTies, vmId?: VmId): Outcome => ({ ...failed(ties, vmId), isFailed: false });

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
