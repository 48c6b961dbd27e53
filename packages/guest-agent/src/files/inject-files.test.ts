import { lstat, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { injectFiles, removeInjected } from "./inject-files.ts";
import { checkManifest } from "./manifest.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "inject-"));
});
afterEach(() => rm(directory, { recursive: true }));
const at = (name: string) => join(directory, name);
const file = (name: string, text: string, mode = 0o640) => ({
  path: at(name),
  mode,
  data: Buffer.from(text).toString("base64"),
});

test("files are written with their modes over what is there, and the manifest vouches for them", async () => {
  await writeFile(at("b"), "old", { mode: 0o600 });
  await injectFiles([file("new/a", "A"), file("b", "B")], at("manifest"));
  expect(await readFile(at("new/a"), "utf8")).toBe("A");
  expect((await stat(at("b"))).mode & 0o777).toBe(0o640);
  expect(await checkManifest(at("manifest"))).toEqual([
    { path: at("new/a"), state: "ok" },
    { path: at("b"), state: "ok" },
  ]);
});

test("a path that leads elsewhere is refused", async () => {
  const evil = { path: `${directory}/../x`, mode: 0o644, data: "" };
  await expect(injectFiles([evil], at("manifest"))).rejects.toThrow("must be absolute");
});

test("what was injected can be removed, and only that", async () => {
  await writeFile(at("own"), "");
  await injectFiles([file("a", "A")], at("manifest"));
  for (let time = 0; time < 2; time++) await removeInjected(at("manifest"));
  for (const gone of ["a", "manifest"]) await expect(lstat(at(gone))).rejects.toThrow("ENOENT");
  expect(await readFile(at("own"), "utf8")).toBe("");
});
