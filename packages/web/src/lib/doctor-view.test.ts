import { expect, test } from "vitest";
import { causeGroups, groupsIn, groupsOf, headline, layerRows, layerWord, shortId } from "./doctor-view.ts";
import { finding, report, vmId } from "./testing/doctor-facts.ts";

const orphan = (number: number) => finding("tap-orphan", { verdict: "fail", vmId: vmId(number) });
const pingDead = (number: number) =>
  finding("guest-ping-dead", {
    layer: "address",
    verdict: "fail",
    vmId: vmId(number),
    suppressedBy: ["tap-orphan"],
  });

test("one cause in many VMs is one group", () => {
  const [group, ...rest] = causeGroups(report([orphan(1), orphan(2)]));
  expect(group?.findings).toHaveLength(2);
  expect(rest).toEqual([]);
});

test("a symptom stands under the cause of its own VM", () => {
  const groups = causeGroups(report([orphan(1), pingDead(1)]));
  expect(groups.map(({ code, symptoms }) => [code, symptoms.length])).toEqual([["tap-orphan", 1]]);
});

test("a symptom whose cause is not in the report stands for itself, and is never lost", () => {
  const groups = causeGroups(report([orphan(1), pingDead(2)]));
  expect(groups.map(({ code, symptoms }) => [code, symptoms.length])).toEqual([
    ["tap-orphan", 0],
    ["guest-ping-dead", 0],
  ]);
});

test("a fault of the host explains symptoms of every VM", () => {
  const bridge = finding("bridge-down", { layer: "bridge", verdict: "fail" });
  const symptom = { ...pingDead(7), suppressedBy: ["bridge-down"] };
  expect(causeGroups(report([bridge, symptom]))[0]?.symptoms).toEqual([symptom]);
});

test("causes come from the outside in", () => {
  const groups = causeGroups(
    report([
      finding("guest-panic", { layer: "guest", verdict: "fail" }),
      finding("vmm-dead", { layer: "vmm", verdict: "fail" }),
    ]),
  );
  expect(groups.map(({ code }) => code)).toEqual(["vmm-dead", "guest-panic"]);
});

test("warnings and what could not be told stand apart", () => {
  const made = report([
    finding("a", { verdict: "warn" }),
    finding("b", { verdict: "unknown" }),
    finding("c"),
  ]);
  expect(groupsOf(made, "warn").map(({ code }) => code)).toEqual(["a"]);
  expect(groupsOf(made, "unknown").map(({ code }) => code)).toEqual(["b"]);
});

test("some findings keep what their cause explains", () => {
  const [group] = groupsIn(report([orphan(1), pingDead(1)]), [orphan(1)]);
  expect(group).toMatchObject({
    verdict: "fail",
    code: "tap-orphan",
    symptoms: [{ code: "guest-ping-dead" }],
  });
});

test("a check is one row for all VMs, as bad as its worst, and unknown is worse than passed", () => {
  const [layer] = layerRows(report([finding("x"), finding("x", { verdict: "unknown", vmId: vmId(2) })]));
  expect(layer).toMatchObject({
    layer: "tap",
    verdict: "unknown",
    rows: [{ code: "x", verdict: "unknown", counts: { pass: 1, unknown: 1 } }],
  });
});

test("a layer that only suffers is told from one that is the cause", () => {
  const layers = layerRows(report([orphan(1), pingDead(1)]));
  expect(layers.map(({ layer, isSymptom }) => [layer, isSymptom])).toEqual([
    ["tap", false],
    ["address", true],
  ]);
});

test.each([
  [report([finding("a"), finding("b")]), "Healthy: 2 checks passed."],
  [report([orphan(1), pingDead(1)]), "1 cause found, which explains 1 symptom."],
  [report([finding("a", { verdict: "unknown" })]), "Healthy: 0 checks passed. 1 thing could not be told."],
  [
    report([finding("a", { verdict: "unknown" })], { verdict: "unknown" }),
    "Nothing broken was seen, but not all could be looked at. 1 thing could not be told.",
  ],
  [
    report([], { lastSeen: [{ vmId: vmId(1), at: "tap", words: "Nothing came back." }] }),
    "A path is dead, and no check explains why.",
  ],
])("a report in one sentence", (made, sentence) => {
  expect(headline(made)).toBe(sentence);
});

test("layers and ids in few letters", () => {
  expect([layerWord("tap"), layerWord("bridge")]).toEqual(["TAP", "Bridge"]);
  expect(shortId(vmId(12))).toBe("vm_00000000");
});
