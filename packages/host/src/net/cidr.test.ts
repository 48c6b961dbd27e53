import { expect, test } from "vitest";
import { planAddresses } from "./address-plan.ts";
import { firstFree, refuseClash, suggestRange } from "./cidr.ts";
import { formatRange, parseRange } from "./ipv4.ts";

const route = (cidr: string, dev = "eth0") => ({ ...parseRange(cidr), dev });

test("a range that the machine does not route is accepted, a default route does not count", () => {
  expect(() => refuseClash("192.168.100.0/24", [route("0.0.0.0/0"), route("10.0.0.0/8")])).not.toThrow();
});

test("a clash names the route, and suggests a free range of the same size", () => {
  const routes = [route("192.168.0.0/16", "wlan0"), route("172.16.0.0/12")];
  expect(() => refuseClash("192.168.100.0/24", routes)).toThrow(
    expect.objectContaining({
      code: "CIDR_CLASH",
      details: { cidr: "192.168.100.0/24", clashesWith: "192.168.0.0/16 (wlan0)", suggestion: "10.0.0.0/24" },
    }),
  );
});

test("a narrower or wider route clashes too", () => {
  for (const cidr of ["192.168.100.77/32", "192.168.96.0/20"])
    expect(() => refuseClash("192.168.100.0/24", [route(cidr)])).toThrow(
      expect.objectContaining({ code: "CIDR_CLASH" }),
    );
});

test("a machine that routes every private range gets NO_FREE_CIDR", () => {
  const all = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8"].map((cidr) => route(cidr));
  expect(() => refuseClash("10.1.0.0/24", all)).toThrow(expect.objectContaining({ code: "NO_FREE_CIDR" }));
});

test("a suggestion lies on a boundary of its size, behind what is in the way", () => {
  const free = firstFree(parseRange("10.0.0.0/8"), 20, [
    parseRange("10.0.0.0/24"),
    parseRange("10.0.16.0/21"),
  ]);
  expect(free && formatRange(free)).toBe("10.0.32.0/20");
  expect(suggestRange(24, [])).toBe("192.168.100.0/24");
});

test.each([
  ["10.0.0.0/30", 1, undefined, "10.0.0.2"],
  ["10.0.0.0/29", 4, "10.0.0.6", "10.0.0.5"],
  ["192.168.100.0/24", 252, "192.168.100.254", "192.168.100.253"],
  ["10.0.0.0/20", 4092, "10.0.15.254", "10.0.15.253"],
])("%s has room for %i guests", (cidr, slotCount, canary, last) => {
  const plan = planAddresses(cidr);
  expect(plan.slotCount).toBe(slotCount);
  expect(plan.canary).toBe(canary);
  expect(plan.addressOf(slotCount - 1).ip).toBe(last);
  expect(() => plan.addressOf(slotCount)).toThrow(RangeError);
});

test("host bits in the range are ignored, and sizes beyond /30 and /20 are refused", () => {
  expect(planAddresses("192.168.100.7/24").gateway).toBe("192.168.100.1");
  for (const cidr of ["10.0.0.0/31", "10.0.0.0/19", "10.0.0.0/8"])
    expect(() => planAddresses(cidr)).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
});
