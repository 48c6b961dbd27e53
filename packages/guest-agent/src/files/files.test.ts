import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkPath, getChunk, putChunk } from "./guest-files.ts";
import { checkManifest } from "./manifest.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "guest-files-"));
});
afterEach(() => rm(root, { recursive: true }));

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const base64 = (content: string) => Buffer.from(content).toString("base64");
const done = (content: string, mode = 0o640) => ({ mode, sha256: sha256(content), owner: "root" as const });

describe("files.put", () => {
  test("a file of several chunks appears whole, with its mode", async () => {
    const path = join(root, "made/on/the/way/f.txt");
    await putChunk({ path, offset: 0, data: base64("one ") });
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect(await putChunk({ path, offset: 4, data: base64("two"), done: done("one two") })).toEqual({
      size: 7,
    });
    expect(await readFile(path, "utf8")).toBe("one two");
    expect((await stat(path)).mode & 0o7777).toBe(0o640);
    expect(await readdir(join(root, "made/on/the/way"))).toEqual(["f.txt"]);
  });

  test("what arrived damaged is thrown away, and the old file stays", async () => {
    const path = join(root, "f.txt");
    await writeFile(path, "old");
    await expect(putChunk({ path, offset: 0, data: base64("new"), done: done("other") })).rejects.toThrow(
      "sha256",
    );
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(root)).toEqual(["f.txt"]);
  });

  test("a chunk out of turn is refused", async () => {
    const path = join(root, "f.txt");
    await expect(putChunk({ path, offset: 9, data: base64("x") })).rejects.toThrow();
    await putChunk({ path, offset: 0, data: base64("abc") });
    await expect(putChunk({ path, offset: 2, data: base64("x") })).rejects.toThrow("begins at 2, but 3");
  });

  test("a link that was planted where the part is written is not followed", async () => {
    const target = join(root, "target");
    await writeFile(target, "safe");
    await symlink(target, join(root, ".f.txt.browservm-part"));
    await putChunk({ path: join(root, "f.txt"), offset: 0, data: base64("data"), done: done("data") });
    expect(await readFile(target, "utf8")).toBe("safe");
    expect(await readFile(join(root, "f.txt"), "utf8")).toBe("data");
  });

  test.each(["relative", "/a/../b", "/a/./b", "/a//b", "/a/", "/a\0b", "", "/"])("%j is no path", (path) => {
    expect(() => checkPath(path)).toThrow("absolute");
  });
});

describe("files.get", () => {
  test("reads pieces and says when it is the end", async () => {
    const path = join(root, "f.txt");
    await writeFile(path, "hello");
    expect(await getChunk(path, 0, 3)).toEqual({ data: base64("hel"), size: 5, eof: false });
    expect(await getChunk(path, 3, 3)).toEqual({ data: base64("lo"), size: 5, eof: true });
    expect(await getChunk(path, 9, 3)).toEqual({ data: "", size: 5, eof: true });
  });

  test("reads regular files only", async () => {
    await expect(getChunk(root, 0, 3)).rejects.toThrow("regular");
    await expect(getChunk("/dev/zero", 0, 3)).rejects.toThrow("regular");
  });
});

describe("the manifest", () => {
  async function manifest(files: unknown): Promise<string> {
    const path = join(root, "manifest.json");
    await writeFile(path, JSON.stringify({ version: 1, files }));
    return path;
  }

  test("tells good, missing, altered and wrongly permitted files apart", async () => {
    const [good, altered, open] = ["good", "altered", "open"].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(good, "x", { mode: 0o644 });
    await writeFile(altered, "y", { mode: 0o644 });
    await writeFile(open, "x", { mode: 0o600 });
    const entry = (path: string) => ({ path, mode: 0o644, sha256: sha256("x") });
    const path = await manifest([good, join(root, "gone"), altered, open].map(entry));
    expect((await checkManifest(path)).map(({ state }) => state)).toEqual([
      "ok",
      "missing",
      "altered",
      "wrong-mode",
    ]);
  });

  test("that is missing, damaged or no manifest never passes", async () => {
    const path = join(root, "manifest.json");
    expect(await checkManifest(path)).toEqual([{ path, state: "missing" }]);
    await writeFile(path, "{");
    expect(await checkManifest(path)).toEqual([{ path, state: "altered" }]);
    await writeFile(path, '{"version":2,"files":[]}');
    expect(await checkManifest(path)).toEqual([{ path, state: "altered" }]);
  });
});
