import { expect, test } from "vitest";
import { partFacts } from "./part-facts.ts";
import { picture, port, vmId } from "./testing/doctor-facts.ts";

const look = (made = picture([port("bv-1", { vmId: vmId(1), rxPackets: 40 })])) => ({
  picture: made,
  rates: new Map([["bv-1", { rx: 4, tx: 0, dropped: 0 }]]),
  history: [],
  fresh: new Set<string>(),
});
const facts = (...[selection, seen]: [Parameters<typeof partFacts>[0], ReturnType<typeof look>]) =>
  Object.fromEntries(partFacts(selection, seen)?.facts ?? []);

test("a port tells its state and its packets", () => {
  expect(facts({ kind: "port", name: "bv-1" }, look())).toMatchObject({
    Carrier: "yes",
    Isolated: "yes",
    Received: "40 (4.0 packets/s)",
    VM: vmId(1),
  });
});

test("what is gone has no facts", () => {
  expect(partFacts({ kind: "port", name: "bv-9" }, look())).toBeNull();
  expect(partFacts({ kind: "unplugged", vmId: vmId(1) }, look())).toBeNull();
});

test("a loose TAP is about its VM", () => {
  const loose = picture([], { unplugged: [{ vmId: vmId(3), tap: "bv-3", exists: true }] });
  expect(partFacts({ kind: "unplugged", vmId: vmId(3) }, look(loose))).toMatchObject({
    title: "bv-3",
    vmId: vmId(3),
    troubles: [{ level: "bad" }],
  });
});

test("each shared part knows the doctor's layers that are about it", () => {
  const layers = (["bridge", "rules", "uplink", "canary"] as const).map(
    (kind) => partFacts({ kind }, look())?.layers,
  );
  expect(layers).toEqual([["host", "bridge", "address"], ["firewall"], ["egress", "dns"], ["bridge"]]);
});

test("without a bridge its dialog still says what is wrong", () => {
  const none = { ...picture([]), bridge: undefined };
  expect(partFacts({ kind: "bridge" }, look(none))).toMatchObject({
    facts: [],
    troubles: [{ words: "there is no bridge" }],
  });
});
