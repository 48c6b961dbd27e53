import { expect, test } from "vitest";
import { claimant, encodeRequest } from "./arp-probe.ts";

const probe = {
  ifindex: 1,
  sourceMac: "06:00:00:00:00:01",
  sourceIp: "10.0.0.1",
  ip: "10.0.0.2",
  waitMs: 0,
};

test("an ARP request is 42 bytes, broadcast, and names its sender", () => {
  const frame = encodeRequest(probe);
  expect(frame).toHaveLength(42);
  expect(frame.subarray(0, 6).toString("hex")).toBe("ffffffffffff");
  expect(claimant(frame, "10.0.0.1")).toBe("06:00:00:00:00:01");
});

test("a frame that speaks of another address, or is cut short, claims nothing", () => {
  const frame = encodeRequest(probe);
  expect(claimant(frame, "10.0.0.2")).toBeUndefined();
  expect(claimant(frame.subarray(0, 41), "10.0.0.1")).toBeUndefined();
});
