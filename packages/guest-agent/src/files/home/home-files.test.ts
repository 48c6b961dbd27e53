import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asFileFault } from "./file-fault.ts";
import { listDirectory } from "./list-directory.ts";
import { openForReading } from "./read-file.ts";
import { removeFile } from "./remove-file.ts";
import { type WriteRequest, writeFile } from "./write-file.ts";

let root = "";
let home = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "home-files-"));
  home = join(root, "home");
  await mkdir(join(home, "Downloads"), { recursive: true });
  writeFileSync(join(root, "secret"), "outside");
});
afterEach(() => rm(root, { recursive: true }));

const at = (...names: string[]) => join(home, ...names);
const bytes = (...parts: string[]) =>
  (async function* () {
    for (const part of parts) yield Buffer.from(part);
  })();
const put = (path: string, content = "new", more: Partial<WriteRequest> = {}) =>
  writeFile({
    home,
    path,
    ifExists: "replace",
    body: bytes(content),
    isWhole: async () => true,
    ...more,
  });
const drafts = () => readdirSync(at(".cache", "browservm-uploads"));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => asFileFault(error).code,
  );

describe("a file that is written", () => {
  test("is there whole, with directories made on its way, and nothing beside it", async () => {
    expect(await put("Downloads/a/b/ü x.txt", "one two")).toEqual({ path: "Downloads/a/b/ü x.txt", size: 7 });
    expect(readFileSync(at("Downloads/a/b/ü x.txt"), "utf8")).toBe("one two");
    expect(readdirSync(at("Downloads/a/b"))).toEqual(["ü x.txt"]);
    expect(drafts()).toEqual([]);
  });

  test("replaces, finds a free name, or is refused, as it was told", async () => {
    writeFileSync(at("Downloads/r.tar"), "old");
    expect(await put("Downloads/r.tar", "1", { ifExists: "rename" })).toMatchObject({
      path: "Downloads/r (1).tar",
    });
    expect(await put("Downloads/r.tar", "2", { ifExists: "rename" })).toMatchObject({
      path: "Downloads/r (2).tar",
    });
    expect(await codeOf(put("Downloads/r.tar", "3", { ifExists: "refuse" }))).toBe("FILE_EXISTS");
    expect(readFileSync(at("Downloads/r.tar"), "utf8")).toBe("old");
    await put("Downloads/r.tar", "4");
    expect(readFileSync(at("Downloads/r.tar"), "utf8")).toBe("4");
    expect(drafts()).toEqual([]);
  });

  test("leaves nothing when its sender broke off, nor when more or less came than was said", async () => {
    expect(await codeOf(put("Downloads/x", "half", { isWhole: async () => false }))).toBe("CANCELLED");
    expect(await codeOf(put("Downloads/x", "abc", { size: 2 }))).toBe("BAD_REQUEST");
    expect(await codeOf(put("Downloads/x", "abc", { size: 4 }))).toBe("BAD_REQUEST");
    const breaks = (async function* () {
      yield Buffer.from("a");
      throw new Error("the pipe broke");
    })();
    expect(await codeOf(put("Downloads/x", "", { body: breaks }))).toBe("INTERNAL");
    expect(readdirSync(at("Downloads"))).toEqual([]);
    expect(drafts()).toEqual([]);
  });

  test("that cannot fit is refused before anything is written", async () => {
    expect(await codeOf(put("Downloads/x", "a", { size: Number.MAX_SAFE_INTEGER }))).toBe("GUEST_DISK_FULL");
    expect(readdirSync(at("Downloads"))).toEqual([]);
  });

  test("takes away drafts that a machine left that stopped, and no others", async () => {
    await put("Downloads/x");
    const [old, young] = [at(".cache/browservm-uploads/old"), at(".cache/browservm-uploads/young")];
    for (const path of [old, young]) writeFileSync(path, "left");
    utimesSync(old, 1000, 1000);
    await put("Downloads/y");
    expect(drafts()).toEqual(["young"]);
  });

  test("goes through no link, and over none", async () => {
    symlinkSync(root, at("out"));
    symlinkSync(join(root, "secret"), at("Downloads/link"));
    expect(await codeOf(put("out/planted"))).toBe("FILE_REFUSED");
    expect(await codeOf(put("Downloads/link"))).toBe("FILE_REFUSED");
    expect(await put("Downloads/link", "n", { ifExists: "rename" })).toMatchObject({
      path: "Downloads/link (1)",
    });
    expect(readFileSync(join(root, "secret"), "utf8")).toBe("outside");
    expect(readdirSync(root).sort()).toEqual(["home", "secret"]);
  });

  test("does not take its drafts through a link either", async () => {
    symlinkSync(root, at(".cache"));
    expect(await codeOf(put("Downloads/x"))).toBe("FILE_REFUSED");
    expect(readdirSync(root).sort()).toEqual(["home", "secret"]);
  });

  test("does not take the place of a directory, and needs one above it", async () => {
    writeFileSync(at("plain"), "");
    expect(await codeOf(put("Downloads"))).toBe("FILE_REFUSED");
    expect(await codeOf(put("plain/x"))).toBe("FILE_REFUSED");
  });
});

const NO_PATHS = [
  ["two dots", "Downloads/../../secret"],
  ["an absolute path", "/etc/passwd"],
  ["a dot", "./x"],
  ["an empty name", "Downloads//x"],
  ["a slash at its end", "Downloads/"],
  ["NUL", "Downloads/a\0b"],
  ["half a character", "Downloads/\ud800"],
  ["a name too long", `Downloads/${"ü".repeat(128)}`],
  ["a path too long", "d/".repeat(1100)],
] as const;

describe("what is no path", () => {
  test.each(NO_PATHS)("%s", async (_what, path) => {
    expect(await codeOf(put(path))).toBe("BAD_REQUEST");
    expect(await codeOf(openForReading(home, path))).toBe("BAD_REQUEST");
    expect(await codeOf(removeFile(home, path))).toBe("BAD_REQUEST");
    expect(await codeOf(listDirectory(home, path))).toBe("BAD_REQUEST");
  });
});

describe("a file that is read", () => {
  test("is plain, and reached through no link", async () => {
    writeFileSync(at("Downloads/a"), "hello");
    const { file, size } = await openForReading(home, "Downloads/a");
    expect([size, await text(file.createReadStream())]).toEqual([5, "hello"]);
    symlinkSync("a", at("Downloads/link"));
    symlinkSync(root, at("out"));
    execFileSync("mkfifo", [at("Downloads/fifo")]);
    expect(await codeOf(openForReading(home, "Downloads/link"))).toBe("FILE_REFUSED");
    expect(await codeOf(openForReading(home, "out/secret"))).toBe("FILE_REFUSED");
    expect(await codeOf(openForReading(home, "Downloads/fifo"))).toBe("FILE_REFUSED");
    expect(await codeOf(openForReading(home, "Downloads"))).toBe("FILE_REFUSED");
    expect(await codeOf(openForReading(home, "Downloads/none"))).toBe("FILE_NOT_FOUND");
    expect(await codeOf(openForReading(home, ""))).toBe("BAD_REQUEST");
  });
});

describe("a file that is removed", () => {
  test("is gone; of a link the link, and a directory only when it is empty", async () => {
    symlinkSync(join(root, "secret"), at("Downloads/link"));
    writeFileSync(at("Downloads/a"), "");
    await removeFile(home, "Downloads/link");
    expect(readFileSync(join(root, "secret"), "utf8")).toBe("outside");
    expect(await codeOf(removeFile(home, "Downloads"))).toBe("FILE_REFUSED");
    await removeFile(home, "Downloads/a");
    await removeFile(home, "Downloads");
    expect(() => lstatSync(at("Downloads"))).toThrow("ENOENT");
    expect(await codeOf(removeFile(home, "Downloads"))).toBe("FILE_NOT_FOUND");
  });
});

describe("a directory that is listed", () => {
  test("tells kinds, sizes and times, the newest first, and follows nothing", async () => {
    writeFileSync(at("Downloads/old\nname"), "12345");
    utimesSync(at("Downloads/old\nname"), 1000, 1000);
    symlinkSync(join(root, "secret"), at("Downloads/link"));
    await mkdir(at("Downloads/sub"));
    utimesSync(at("Downloads/sub"), 2000, 2000);
    const { entries, truncated } = await listDirectory(home, "Downloads");
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ["link", "link"],
      ["sub", "directory"],
      ["old\nname", "file"],
    ]);
    expect(entries[2]).toMatchObject({ size: 5, modifiedAt: new Date(1_000_000).toISOString() });
    expect(truncated).toBe(false);
    expect((await listDirectory(home, "")).entries.map(({ name }) => name)).toEqual(["Downloads"]);
  });

  test("says so when there are more than it tells, or names that are no text", async () => {
    await mkdir(at("odd"));
    writeFileSync(Buffer.concat([Buffer.from(at("odd/")), Buffer.from([0xff, 0x61])]), "");
    expect(await listDirectory(home, "odd")).toEqual({ entries: [], truncated: true });
    for (let n = 0; n <= 1000; n += 1) writeFileSync(at("Downloads", String(n)), "");
    const { entries, truncated } = await listDirectory(home, "Downloads");
    expect([entries.length, truncated]).toEqual([1000, true]);
  });

  test("is none when it is a link or a file", async () => {
    symlinkSync(root, at("out"));
    expect(await codeOf(listDirectory(home, "out"))).toBe("FILE_REFUSED");
    expect(await codeOf(listDirectory(home, "none"))).toBe("FILE_NOT_FOUND");
  });
});
