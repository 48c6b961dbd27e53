import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ImageStore } from "../image.ts";
import type { ImageRecord } from "./image-record.ts";
import { openImageStore } from "./image-store.ts";

let stateDir: string;
let store: ImageStore;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "store-"));
  store = openImageStore(Config.parse({ stateDir }));
});
afterEach(() => rm(stateDir, { recursive: true }));

const stored = (content: string) => ({
  sha256: createHash("sha256").update(content).digest("hex"),
  size: content.length,
});
const OLD = "tiny-bookworm-00000000000000aa";
const NEW = "tiny-bookworm-00000000000000bb";

async function putImage(id: string, builtAt = "2026-01-01T00:00:00Z"): Promise<string> {
  const directory = join(stateDir, "images", id);
  await mkdir(directory, { recursive: true });
  const [name = "", suite = ""] = id.split("-");
  const record: ImageRecord = {
    version: 1,
    id,
    name,
    suite,
    arch: "amd64",
    hasBrowser: false,
    commandLine: "quiet",
    defaults: { vcpus: 1, memoryMib: 512, diskMib: 1024 },
    builtAt,
    files: { kernel: stored("kernel"), initrd: stored("initrd"), rootfs: stored("rootfs") },
  };
  for (const file of ["kernel", "initrd", "rootfs"]) await writeFile(join(directory, file), file);
  await writeFile(join(directory, "image.json"), JSON.stringify(record));
  await utimes(directory, new Date(builtAt), new Date(builtAt));
  return directory;
}

describe("finding", () => {
  test("a name means the newest of the configured suite; an id means itself", async () => {
    await putImage(OLD, "2026-01-01T00:00:00Z");
    await putImage(NEW, "2026-02-01T00:00:00Z");
    await putImage("tiny-noble-00000000000000cc", "2026-03-01T00:00:00Z");
    expect((await store.find("tiny")).id).toBe(NEW);
    expect((await store.find("tiny-noble")).suite).toBe("noble");
    expect((await store.find(OLD)).kernel).toBe(join(stateDir, "images", OLD, "kernel"));
    expect((await store.list()).map(({ id }) => id)).toEqual(["tiny-noble-00000000000000cc", NEW, OLD]);
  });

  test("an image that is not there is named, also when only another suite has it", async () => {
    await putImage("browser-noble-00000000000000cc");
    for (const name of ["browser", "nothing", "../images", "", OLD])
      await expect(store.find(name)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });

  test("what a build left half-made is not an image", async () => {
    await putImage(OLD);
    await mkdir(join(stateDir, "images", `.staging-${NEW}`));
    expect((await store.list()).map(({ id }) => id)).toEqual([OLD]);
  });
});

describe("damage", () => {
  test("an altered file of the same size is found by its hash and named", async () => {
    const directory = await putImage(OLD);
    const image = await store.find(OLD);
    await expect(store.verify(image)).resolves.toBeUndefined();
    await writeFile(join(directory, "rootfs"), "rootfz");
    await expect(store.verify(image)).rejects.toMatchObject({
      code: "IMAGE_DAMAGED",
      details: { path: join(directory, "rootfs"), image: OLD },
    });
  });

  test("a missing or cut file is found without reading it, and does not hide other images", async () => {
    const directory = await putImage(OLD);
    await putImage(NEW);
    await truncate(join(directory, "kernel"), 2);
    await expect(store.find(OLD)).rejects.toMatchObject({
      code: "IMAGE_DAMAGED",
      message: expect.stringContaining("has 2 bytes instead of 6"),
    });
    await rm(join(directory, "kernel"));
    await expect(store.find(OLD)).rejects.toThrow(/kernel is missing/);
    expect((await store.list()).map(({ id }) => id)).toEqual([NEW]);
  });

  test.each(["{", "{}", "", "null"])(
    "a record that says %j is damage, and such an image can be removed",
    async (text) => {
      const directory = await putImage(OLD);
      await writeFile(join(directory, "image.json"), text);
      await expect(store.find("tiny")).rejects.toMatchObject({
        code: "IMAGE_DAMAGED",
        details: { path: join(directory, "image.json") },
      });
      await store.remove(OLD);
      expect(await readdir(join(stateDir, "images"))).toEqual([]);
    },
  );

  test("an image under another's name is damage", async () => {
    await putImage(OLD);
    await rename(join(stateDir, "images", OLD), join(stateDir, "images", NEW));
    await expect(store.find(NEW)).rejects.toMatchObject({ code: "IMAGE_DAMAGED" });
  });
});

describe("pins", () => {
  test("an image in use is not removed, and the error names the VMs", async () => {
    await putImage(OLD);
    const image = await store.find(OLD);
    await store.pin(image, "vm_1");
    await store.pin(image, "vm_2");
    const reopened = openImageStore(Config.parse({ stateDir }));
    await expect(reopened.remove("tiny")).rejects.toMatchObject({
      code: "IMAGE_IN_USE",
      details: { vms: ["vm_1", "vm_2"] },
    });
    await store.unpin("vm_1");
    await store.unpin("vm_2");
    await store.unpin("vm_2");
    await reopened.remove("tiny");
    await expect(store.find(OLD)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });

  test("an image that was removed cannot be pinned", async () => {
    await putImage(OLD);
    const image = await store.find(OLD);
    await store.remove(OLD);
    await expect(store.pin(image, "vm_1")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await readdir(join(stateDir, "images/.pins"))).toEqual([]);
  });

  test("a VM's id that is a path is refused", async () => {
    await putImage(OLD);
    const image = await store.find(OLD);
    await expect(store.pin(image, "../x")).rejects.toThrow(/not the id/);
    await expect(async () => store.unpin("../../x")).rejects.toThrow(/not the id/);
  });

  test("removing what is not there is named", async () => {
    await expect(store.remove("tiny")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });
});
