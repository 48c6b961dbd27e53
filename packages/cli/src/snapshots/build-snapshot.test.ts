import { Snapshot, silentProgress } from "@browservm/contract";
import { expect, test } from "vitest";
import { buildSnapshot, type SnapshotMaker } from "./build-snapshot.ts";

const snapshot = (part: object) =>
  Snapshot.parse({
    id: "tiny-0123456789abcdef",
    state: "building",
    image: "tiny",
    imageId: "i",
    vcpus: 1,
    memoryMib: 256,
    diskMib: 64,
    driver: "fake",
    vmm: "fake",
    cpu: "fake",
    accelerator: "none",
    users: 0,
    current: true,
    ...part,
  });

/** A machine whose snapshot becomes each of these, one look after the other. */
const machine = (...looks: object[]): SnapshotMaker => ({
  snapshots: {
    make: async () => snapshot(looks.shift() ?? {}),
    list: async () =>
      looks.length === 0 ? [] : [snapshot((looks.length > 1 ? looks.shift() : looks[0]) ?? {})],
  },
});

test("each step is named once, until the snapshot is ready", async () => {
  const steps: string[] = [];
  const progress = { ...silentProgress(), step: (name: string) => steps.push(name) };
  const story = machine({ step: "boot" }, { step: "boot" }, { step: "freeze" }, { state: "ready" });
  const made = await buildSnapshot(progress, story, { request: {}, timeoutMs: 10_000 });
  expect(made.state).toBe("ready");
  expect(steps).toEqual(["boot", "freeze"]);
});

test.each([
  [
    "fails, with its own reason",
    [{}, { state: "failed", reason: { code: "DISK_FULL", message: "full", fix: "free" } }],
    "SNAPSHOT_FAILED",
  ],
  ["is removed meanwhile", [{}], "SNAPSHOT_NOT_FOUND"],
  ["does not end", [{}, {}], "DEADLINE_EXCEEDED"],
])("a snapshot that %s is told as such", async (_, looks, code) => {
  const building = buildSnapshot(silentProgress(), machine(...looks), { request: {}, timeoutMs: 700 });
  await expect(building).rejects.toMatchObject({ code });
});
