import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sealAsFrozen } from "../../testing/seal-as-frozen.ts";
import { expandFiles } from "./expand-file.ts";
import { checkFiles, removeScratch, sizeOnDisk } from "./frozen-files.ts";
import { type FrozenManifest, readManifest } from "./frozen-manifest.ts";
import { isUntouched, stampOverlay } from "./overlay-stamp.ts";
import { squeezeFrozen } from "./squeeze-file.ts";

const MIB = 1024 * 1024;
const { signal } = new AbortController();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bvt-frozen-"));
});
afterEach(() => rm(directory, { recursive: true }));

const at = (name: string) => join(directory, name);

/** A "memory" with 20 MiB, of which two parts are in use, and a small state. */
async function freeze(): Promise<FrozenManifest> {
  const memory = Buffer.alloc(20 * MIB);
  memory.write("page ".repeat(100_000), 3 * MIB);
  memory.write("heap ".repeat(50_000), 17 * MIB + 11);
  await writeFile(at("memory"), memory);
  await writeFile(at("state"), "devices");
  return sealAsFrozen(directory, 20);
}

describe("a frozen VM on disk", () => {
  test("is whole as it was written", async () => {
    const manifest = await freeze();
    expect(await readManifest(directory)).toEqual(manifest);
    await expect(checkFiles(directory, manifest.files)).resolves.toBeUndefined();
  });

  test.each([
    ["a cut memory", () => truncate(at("memory"), 19 * MIB), /memory has 19922944 bytes/],
    ["a missing memory", () => rm(at("memory")), /memory is missing/],
    ["an altered state", () => writeFile(at("state"), "DEVICES"), /state was altered/],
  ])("with %s is damaged, and the file is named", async (_, harm, says) => {
    const { files } = await freeze();
    await harm();
    await expect(checkFiles(directory, files)).rejects.toMatchObject({
      code: "SNAPSHOT_DAMAGED",
      message: expect.stringMatching(says),
    });
  });

  test.each([
    ["without a manifest", () => rm(at("manifest.json"))],
    ["with half a manifest", () => truncate(at("manifest.json"), 50)],
    [
      "with a manifest that leads elsewhere",
      async () => {
        const text = await readFile(at("manifest.json"), "utf8");
        await writeFile(at("manifest.json"), text.replace('"state"', '"../../etc/passwd"'));
      },
    ],
  ])("%s is damaged", async (_, harm) => {
    await freeze();
    await harm();
    await expect(readManifest(directory)).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });
});

describe("compression", () => {
  test("keeps every byte and every hole, and takes less", async () => {
    const { files } = await freeze();
    const before = await readFile(at("memory"));
    const sizeMib = await squeezeFrozen(directory, signal);
    expect(sizeMib).toBeLessThan(0.2);
    expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory.zst", "state"]);
    const manifest = await readManifest(directory);
    await checkFiles(directory, manifest.files);
    await expandFiles(manifest, { from: directory, to: directory, signal });
    expect(before.equals(await readFile(at("memory")))).toBe(true);
    await checkFiles(directory, files);
    expect((await stat(at("memory"))).blocks * 512).toBeLessThan(2 * MIB);
  });

  test("that is stopped leaves the plain file as what counts, and nothing beside it", async () => {
    const { files } = await freeze();
    const stop = new AbortController();
    const squeezing = squeezeFrozen(directory, stop.signal);
    stop.abort();
    await expect(squeezing).rejects.toThrow();
    expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory", "state"]);
    expect((await readManifest(directory)).files).toEqual(files);
  });

  test("that ended between the compressed file and the manifest is begun anew", async () => {
    const manifest = await freeze();
    await writeFile(at("memory.zst"), "whatever came of it");
    await removeScratch(directory, manifest);
    expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory", "state"]);
  });

  test("that ended between the manifest and the removal has two files, and the compressed one counts", async () => {
    await freeze();
    await copyFile(at("memory"), at("copy"));
    await squeezeFrozen(directory, signal);
    await copyFile(at("copy"), at("memory"));
    const manifest = await readManifest(directory);
    await checkFiles(directory, manifest.files);
    await removeScratch(directory, manifest);
    expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory.zst", "state"]);
  });

  test("a compressed file that was cut is damaged before anything is restored from it", async () => {
    await freeze();
    await squeezeFrozen(directory, signal);
    await truncate(at("memory.zst"), 100);
    const { files } = await readManifest(directory);
    await expect(checkFiles(directory, files)).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });

  test("a compressed file that was altered is damaged, and nothing comes of it", async () => {
    await freeze();
    await squeezeFrozen(directory, signal);
    const bytes = await readFile(at("memory.zst"));
    bytes.fill(0xff, bytes.length - 400, bytes.length - 300);
    await writeFile(at("memory.zst"), bytes);
    const manifest = await readManifest(directory);
    await expect(expandFiles(manifest, { from: directory, to: directory, signal })).rejects.toMatchObject({
      code: "SNAPSHOT_DAMAGED",
      message: expect.stringContaining("memory.zst"),
    });
    expect(await readdir(directory)).not.toContain("memory");
  });

  test("its size is what it takes on disk", async () => {
    await freeze();
    const { blocks } = await stat(at("memory"));
    expect(await sizeOnDisk(directory)).toBeCloseTo((blocks * 512) / MIB, 0);
  });
});

describe("the overlay's stamp", () => {
  test("is the same until it is written", async () => {
    await writeFile(at("overlay"), "a disk");
    const stamp = await stampOverlay(at("overlay"));
    await readFile(at("overlay"));
    expect(await isUntouched(at("overlay"), stamp)).toBe(true);
    await utimes(at("overlay"), new Date(), new Date());
    expect(await isUntouched(at("overlay"), stamp)).toBe(false);
  });

  test("is no overlay's that is gone", async () => {
    expect(await isUntouched(at("overlay"), { size: 0, modified: "0" })).toBe(false);
  });
});
