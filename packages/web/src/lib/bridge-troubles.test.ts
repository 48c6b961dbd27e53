import { SessionId } from "@browservm/contract";
import { expect, test } from "vitest";
import {
  bridgeTroubles,
  canaryTroubles,
  filterPorts,
  levelOf,
  portTroubles,
  rulesTroubles,
  shownPorts,
  unpluggedTrouble,
  uplinkTroubles,
  wordsOf,
} from "./bridge-troubles.ts";
import { picture, port, vmId } from "./testing/doctor-facts.ts";

const settled = { rate: undefined, isNew: false };
const words = (over: Parameters<typeof port>[1], look = settled) =>
  wordsOf(portTroubles(port("bv-1", over), look));

test("a port that is well has no trouble", () => {
  expect(words({})).toBe("");
});

test.each([
  [{ up: false, carrier: false }, "down"],
  [{ carrier: false, forwarding: false }, "no carrier"],
  [{ forwarding: false }, "does not forward"],
  [{ isolated: false }, "not isolated"],
  [{ kind: "stranger", isolated: false } as const, "not made by BrowserVM"],
])("a port with %o is told of: %s", (over, told) => {
  expect(words(over)).toBe(told);
});

test("a port that has only just come up may still be without carrier", () => {
  expect(words({ carrier: false, forwarding: false, isolated: false }, { ...settled, isNew: true })).toBe("");
});

test("drops that go on are odd, drops of the past are not", () => {
  expect(words({ rxDropped: 900 })).toBe("");
  const look = { isNew: false, rate: { rx: 0, tx: 0, dropped: 3 } };
  expect(levelOf(portTroubles(port("bv-1"), look))).toBe("odd");
});

test("a bridge needs carrier only when a VM that has it is plugged in", () => {
  const dark = picture([], {}).bridge;
  const bridge = dark && { ...dark, carrier: false };
  expect(wordsOf(bridgeTroubles(picture([], { bridge })))).toBe("");
  expect(wordsOf(bridgeTroubles(picture([port("bv-1")], { bridge })))).toBe("no carrier");
});

test("a missing bridge, STP and a lost address are told of", () => {
  const { bridge } = picture([]);
  expect(wordsOf(bridgeTroubles({ ...picture([]), bridge: undefined }))).toBe("there is no bridge");
  const odd = bridge && { ...bridge, stp: true, addresses: [] };
  expect(wordsOf(bridgeTroubles(picture([], { bridge: odd })))).toBe("STP is on, no address");
});

test("rules, uplink and canary are told of only where something is wrong", () => {
  expect(rulesTroubles(picture([]))).toEqual([]);
  expect(levelOf(rulesTroubles(picture([], { rules: "altered" })))).toBe("bad");
  expect(uplinkTroubles(picture([]))).toEqual([]);
  const uplink = { name: "veth", up: true, carrier: false };
  expect(wordsOf(uplinkTroubles(picture([], { uplink })))).toBe("no carrier");
  expect(levelOf(canaryTroubles(picture([])))).toBe("odd");
  expect(canaryTroubles(picture([port("bv-canary", { kind: "canary" })]))).toEqual([]);
});

test("a TAP that is gone is another thing than one that hangs loose", () => {
  const tap = { vmId: vmId(1), tap: "bv-1" };
  expect(unpluggedTrouble({ ...tap, exists: false }).words).toBe("the TAP is gone");
  expect(unpluggedTrouble({ ...tap, exists: true }).words).toContain("not plugged");
});

const sessionId = SessionId.parse("ses_abcdefghijklmnopqrst");
const shown = shownPorts(
  picture([
    port("bv-10", { carrier: false }),
    port("bv-2", { sessionId }),
    port("bv-canary", { kind: "canary" }),
  ]),
  new Map(),
  new Set(),
);
const names = (text: string, troublesOnly = false) =>
  filterPorts(shown, { text, troublesOnly }).map((one) => one.port.name);

test("ports stand in the order of their numbers, without the canary", () => {
  expect(names("")).toEqual(["bv-2", "bv-10"]);
});

test("a port is found by its TAP or its session, in any case", () => {
  expect(names(" BV-10 ")).toEqual(["bv-10"]);
  expect(names("ses_abcd")).toEqual(["bv-2"]);
  expect(names("nothing")).toEqual([]);
});

test("troubles alone can be shown", () => {
  expect(names("", true)).toEqual(["bv-10"]);
});
