import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSnapshotStore } from "./file-snapshot-store.ts";
import type { GoldenSnapshot, SnapshotBasis, SnapshotStore } from "./snapshot.ts";

const BASIS: SnapshotBasis = {
  image: "browser",
  imageId: "browser-bookworm-0123456789abcdef",
  shape: { vcpus: 2, memoryMib: 2048, diskMib: 4096 },
  driver: "qemu",
  accelerator: "tcg",
  frozenBy: { vmm: "7.2.22", cpu: "Nehalem" },
  mtu: 1500,
};
const VM = "vm_aaaaaaaaaaaaaaaaaaaa";

let stateDir: string;
let store: SnapshotStore;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "bvm-snapshots-"));
  store = openSnapshotStore({ stateDir, runDir: "/run/browservm" });
});
afterEach(() => rm(stateDir, { recursive: true }));

const names = () => readdir(join(stateDir, "snapshots"));

async function make(basis: SnapshotBasis = BASIS): Promise<GoldenSnapshot> {
  await using draft = await store.draft(basis);
  await writeFile(join(draft.frozen, "memory"), "memory");
  await writeFile(join(draft.frozen, "state"), "state");
  await writeFile(draft.overlay, "overlay");
  return await draft.commit({ buildMs: 12 }); // before the draft is disposed of
}

test("a committed snapshot is found on the same basis, also by a store that is opened anew", async () => {
  const made = await make();
  const again = openSnapshotStore({ stateDir, runDir: "/run/browservm" });
  expect(await again.find(BASIS)).toEqual(made);
  expect(made).toMatchObject({ basis: BASIS, buildMs: 12 });
  expect((await stat(join(made.frozen, "memory"))).mode & 0o777).toBe(0o444);
});

test.each<[string, Partial<SnapshotBasis>]>([
  ["image", { imageId: "browser-bookworm-fedcba9876543210" }],
  ["number of processors", { shape: { ...BASIS.shape, vcpus: 4 } }],
  ["memory", { shape: { ...BASIS.shape, memoryMib: 4096 } }],
  ["disk", { shape: { ...BASIS.shape, diskMib: 64 } }],
  ["driver", { driver: "firecracker" }],
  ["accelerator", { accelerator: "kvm" }],
  ["version of the VMM", { frozenBy: { vmm: "9.2", cpu: "Nehalem" } }],
  ["processor", { frozenBy: { vmm: "7.2.22", cpu: "Skylake" } }],
  ["MTU", { mtu: 1400 }],
])("another %s wants another snapshot", async (_, change) => {
  await make();
  expect(await store.find({ ...BASIS, ...change })).toBeUndefined();
});

test("a draft is seen by nobody, and gone when it is not committed", async () => {
  {
    await using draft = await store.draft(BASIS);
    await writeFile(draft.overlay, "half");
    expect(await store.find(BASIS)).toBeUndefined();
    expect(await store.list()).toEqual([]);
  }
  expect(await names()).toEqual([]);
});

test("what a build left that died is swept away, and what is in order stays", async () => {
  const made = await make();
  await store.draft(BASIS);
  await store.sweep();
  expect(await names()).toEqual([made.id]);
});

describe("a damaged snapshot", () => {
  test("that was cut is refused at once, by the name of the file", async () => {
    const { frozen } = await make();
    await rm(join(frozen, "state"));
    await expect(store.find(BASIS)).rejects.toMatchObject({
      code: "SNAPSHOT_DAMAGED",
      details: { path: join(frozen, "state") },
    });
    expect(await store.list()).toEqual([]);
  });

  test("that has lost its end is refused at once", async () => {
    const { overlay } = await make();
    await truncate(overlay, 3);
    await expect(store.find(BASIS)).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });

  test("of the right size is found by reading it", async () => {
    const { id, frozen } = await make();
    await store.verify(id);
    await writeFile(join(frozen, "memory"), "memorx");
    expect(await store.find(BASIS)).toBeDefined();
    await expect(store.verify(id)).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });

  test("is replaced by one that is made anew", async () => {
    const { overlay } = await make();
    await truncate(overlay, 3);
    const fresh = await make();
    expect(await store.find(BASIS)).toEqual(fresh);
  });

  test("whose record is not its own, or none, is refused", async () => {
    const { id } = await make();
    const record = join(stateDir, "snapshots", id, "snapshot.json");
    for (const text of ["{}", "not JSON"]) {
      await rm(record, { force: true });
      await writeFile(record, text);
      await expect(store.find(BASIS)).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    }
  });
});

describe("a snapshot in use", () => {
  test("is not removed until its last VM lets go", async () => {
    const { id } = await make();
    await store.pin(id, VM);
    await expect(store.remove(id)).rejects.toMatchObject({ code: "SNAPSHOT_IN_USE", details: { vms: [VM] } });
    await store.unpin(VM);
    await store.remove(id);
    expect(await names()).toEqual([".pins"]);
  });

  test("comes first in the list, the longest unused last", async () => {
    const first = await make();
    const second = await make({ ...BASIS, mtu: 1400 });
    await store.pin(first.id, VM);
    expect((await store.list()).map(({ id }) => id)).toEqual([first.id, second.id]);
  });
});

test.each(["browser-0123456789abcdef", "../../etc", ".pins", ""])("there is no snapshot %j", async (id) => {
  await expect(store.remove(id)).rejects.toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
  await expect(store.pin(id, VM)).rejects.toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
});
