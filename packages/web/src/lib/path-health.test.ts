import { DOCTOR_LAYERS } from "@browservm/contract";
import { expect, test } from "vitest";
import { findingsOf, partHealth, partOf } from "./path-health.ts";
import { PARTS } from "./path-picture.ts";
import { AT, finding, later, report } from "./testing/doctor-facts.ts";

const faults = (...codes: string[]) => ({ at: AT, verdict: "faults" as const, codes });
const orphan = finding("tap-orphan", { verdict: "fail" });
const ping = finding("guest-ping-dead", {
  layer: "address",
  verdict: "fail",
  suppressedBy: ["tap-orphan"],
});

test("every layer of the doctor has its part in the picture, but the live view, which is no network", () => {
  const parts = PARTS.map(({ id }) => id);
  for (const layer of DOCTOR_LAYERS.filter((one) => one !== "live"))
    expect(parts).toContain(partOf({ layer, code: "x" }));
  expect(partOf({ layer: "live", code: "live-udp-blocked" })).toBeUndefined();
});

test("a dead browser is shown at the browser, not at the agent", () => {
  expect(partOf({ layer: "service", code: "browser-dead" })).toBe("browser");
});

test.each([
  ["tap-orphan", "tap"],
  ["port-blocked", "tap"],
  ["bridge-down", "bridge"],
  ["bridge-netfilter", "firewall"],
  ["vmm-dead", "vmm"],
  ["route-overlap", "path"],
  ["foreign-input-drop", "firewall"],
  ["guest-panic", "guest"],
  ["guest-ping-dead", "path"],
  ["dns-dead", "uplink"],
  ["unit-failed", "agent"],
  ["browser-dead", "browser"],
  ["network-settings", "machine"],
])("as long as only the code %s is known, the %s is red", (code, part) => {
  expect([...partHealth(faults(code), null)]).toEqual([[part, "fail"]]);
});

test("a healthy VM, or one that was never looked at, changes nothing", () => {
  expect(partHealth(undefined, null).size).toBe(0);
  expect(partHealth({ at: AT, verdict: "healthy", codes: [] }, null).size).toBe(0);
});

test("the doctor tells the cause from what only suffers", () => {
  expect([...partHealth(faults("tap-orphan"), report([orphan, ping]))]).toEqual([
    ["tap", "fail"],
    ["path", "affected"],
  ]);
});

test("a proof that is newer than the report, and well, clears the picture", () => {
  const health = { at: later(5), verdict: "healthy" as const, codes: [] };
  expect(partHealth(health, report([orphan])).size).toBe(0);
});

test("a fault that is newer than the report is added to it", () => {
  const health = { ...faults("vmm-dead"), at: later(5) };
  expect([...partHealth(health, report([orphan])).keys()]).toEqual(["tap", "vmm"]);
});

test("the findings of a part come worst first, without those that passed", () => {
  const warned = finding("tap-no-vnet-hdr", { verdict: "warn" });
  const made = report([finding("tap-mtu"), warned, orphan, ping]);
  expect(findingsOf("tap", made)).toEqual([orphan, warned]);
  expect(findingsOf("tap", null)).toEqual([]);
});
