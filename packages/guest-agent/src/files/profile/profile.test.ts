import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asFileFault } from "../home/file-fault.ts";
import { encodeHead, MAGIC, PROFILE_LIMITS } from "./profile-archive.ts";
import { readProfile } from "./read-profile.ts";
import { writeProfile } from "./write-profile.ts";

const NAMES = [".config", "browservm"];
let root = "";
let home = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "profile-"));
  home = join(root, "home");
  mkdirSync(join(home, ...NAMES), { recursive: true });
  writeFileSync(join(root, "secret"), "outside");
});
afterEach(() => rm(root, { recursive: true }));

const at = (path: string) => join(home, ...NAMES, path);
function put(path: string, content: string | Buffer = path): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}

async function bytesOf(): Promise<Buffer> {
  const { size, bytes } = await readProfile(home, NAMES);
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const all = Buffer.concat(parts);
  expect(all.length).toBe(size);
  return all;
}

const inPieces = async function* (bytes: Buffer, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
};
const load = (bytes: Buffer, { isWhole = true, size = 1000 } = {}) =>
  writeProfile({ home, names: NAMES, body: inPieces(bytes, size), isWhole: async () => isWhole });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "loaded",
    (error: unknown) => asFileFault(error).code,
  );

/** A stream that says that these files are in it. */
const saying = (manifest: unknown, bytes: Buffer = Buffer.alloc(0)) => {
  const json = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  return Buffer.concat([Buffer.from(`${MAGIC}${Buffer.byteLength(json)}\n${json}`), bytes]);
};

describe("a profile", () => {
  test("takes the place of another as a whole, in whatever pieces it comes", async () => {
    const large = randomBytes(700_001);
    put("Local State", "{}");
    put("Default/Cookies", large);
    put("Default/IndexedDB/a/b.log", "ü");
    put("Default/empty", "");
    const bytes = await bytesOf();
    for (const size of [7, 1000, bytes.length]) {
      await rm(at("Default"), { recursive: true });
      put("Default/of the other one");
      expect(await load(bytes, { size })).toEqual({ files: 4, bytes: large.length + 4 });
      expect(readFileSync(at("Default/Cookies")).equals(large)).toBe(true);
      expect(readFileSync(at("Default/IndexedDB/a/b.log"), "utf8")).toBe("ü");
      expect(statSync(at("Default/Cookies")).mode & 0o777).toBe(0o600);
      expect(readdirSync(at("Default")).sort()).toEqual(["Cookies", "IndexedDB", "empty"]);
      expect(readdirSync(join(home, ".config"))).toEqual(["browservm"]);
    }
  });

  test("has no caches, locks, open pages, links, or what they lead to", async () => {
    put("Default/Cookies");
    for (const path of ["Default/Cache/Cache_Data/x", "Default/Code Cache/js/y", "GrShaderCache/z"])
      put(path);
    for (const path of ["Default/Sessions/Tabs_1", "Default/Sessions_Encrypted/Tabs_1", "Crashpad/r"])
      put(path);
    put("Default/Local Storage/leveldb/LOCK");
    symlinkSync(join(root, "secret"), at("Default/link"));
    symlinkSync("host-123", at("SingletonLock"));
    symlinkSync(root, at("Default/away"));
    const bytes = await bytesOf();
    expect(bytes.subarray(0, MAGIC.length + 40).toString()).toContain('[["Default/Cookies",15]]');
    expect(bytes.includes("outside")).toBe(false);
  });

  test("has no file whose path no profile may name, so that it can be loaded again", async () => {
    put("Default/Cookies");
    // More than a path may have, and each directory can be opened from the one above.
    const deep = Array.from({ length: 10 }, () => "y".repeat(220)).join("/");
    put(`${deep}/x`);
    expect(await load(await bytesOf())).toEqual({ files: 1, bytes: 15 });
  });

  test("of a browser that still writes is no profile: its stream breaks off", async () => {
    put("Default/Cookies", "twelve bytes");
    const { bytes } = await readProfile(home, NAMES);
    truncateSync(at("Default/Cookies"), 3);
    const reading = (async () => {
      for await (const _ of bytes);
    })();
    await expect(reading).rejects.toThrow("changed");
  });

  test("that is cut off anywhere, goes on too long, or was not whole leaves the one before", async () => {
    put("Default/Cookies", "the new one");
    put("Local State", "{}");
    const bytes = await bytesOf();
    put("Default/Cookies", "the one before");
    for (let end = 0; end < bytes.length; end += 1)
      expect([end, await codeOf(load(bytes.subarray(0, end)))]).toEqual([end, "BAD_REQUEST"]);
    expect(await codeOf(load(Buffer.concat([bytes, Buffer.from("x")])))).toBe("BAD_REQUEST");
    expect(await codeOf(load(bytes, { isWhole: false }))).toBe("CANCELLED");
    expect(readFileSync(at("Default/Cookies"), "utf8")).toBe("the one before");
    expect(readdirSync(join(home, ".config"))).toEqual(["browservm"]);
    expect(await codeOf(load(bytes))).toBe("loaded");
    expect(readFileSync(at("Default/Cookies"), "utf8")).toBe("the new one");
  });
});

describe("a hostile profile", () => {
  const one = (path: unknown, size: unknown = 0) => [[path, size]];
  const hostile: ReadonlyArray<[string, unknown]> = [
    ["leads up", one("../../../secret", 3)],
    ["leads up in the middle", one("Default/../../../x")],
    ["is absolute", one("/etc/passwd")],
    ["has an empty name", one("Default//x")],
    ["has a dot", one("./x")],
    ["has a NUL", one("a\0b")],
    ["has half a character", '[["\\ud800",0]]'],
    ["has a long name", one("x".repeat(256))],
    ["has a long path", one(Array.from({ length: 12 }, () => "y".repeat(200)).join("/"))],
    ["is deep", one(Array.from({ length: PROFILE_LIMITS.depth + 1 }, () => "d").join("/"))],
    [
      "names a file twice",
      [
        ["x", 0],
        ["x", 0],
      ],
    ],
    [
      "has a file for a directory",
      [
        ["x", 0],
        ["x/y", 0],
      ],
    ],
    ["has a negative size", one("x", -1)],
    ["has half a byte", one("x", 0.5)],
    ["has a size without an end", '[["x",1e999]]'],
    ["has no path", one(7)],
    ["has a third word", [["x", 0, "link"]]],
    ["is no list", { x: 0 }],
    ["is no JSON", "[["],
    [
      "names too many files",
      Array.from({ length: PROFILE_LIMITS.files + 1 }, (_, index) => [String(index), 0]),
    ],
  ];
  test.each(hostile)("that %s is refused, and nothing is written", async (_, manifest) => {
    put("Default/Cookies", "the one before");
    expect(await codeOf(load(saying(manifest, Buffer.from("abc")), { size: 65_536 }))).toBe("BAD_REQUEST");
    expect(readFileSync(at("Default/Cookies"), "utf8")).toBe("the one before");
    expect(readdirSync(join(home, ".config"))).toEqual(["browservm"]);
    expect(readFileSync(join(root, "secret"), "utf8")).toBe("outside");
    expect(existsSync(join(root, "x"))).toBe(false);
  });

  test.each([
    ["another magic", Buffer.from("browservm-profile 2\n2\n[]")],
    ["no length", Buffer.from(`${MAGIC}\n[]`)],
    ["a length that is no number", Buffer.from(`${MAGIC}0x2\n[]`)],
    ["a length beyond all", Buffer.from(`${MAGIC}9999999999999\n`)],
    ["a length over the limit", Buffer.from(`${MAGIC}${PROFILE_LIMITS.manifestBytes + 1}\n`)],
  ])("with %s is refused", async (_, bytes) => {
    expect(await codeOf(load(bytes))).toBe("BAD_REQUEST");
  });

  test("that says more than the disk holds is refused before a byte is written", async () => {
    expect(await codeOf(load(saying(one("x", 2 ** 52))))).toBe("GUEST_DISK_FULL");
    expect(readdirSync(join(home, ".config"))).toEqual(["browservm"]);
  });

  test("with more files than it may have is not sent either", () => {
    const files = Array.from({ length: PROFILE_LIMITS.files + 1 }, (_, index) => [String(index), 0] as const);
    expect(() => encodeHead(files)).toThrow("too many");
  });

  test("does not come out of a home whose directory is a link", async () => {
    await rm(join(home, ".config"), { recursive: true });
    mkdirSync(join(root, "elsewhere", "browservm"), { recursive: true });
    writeFileSync(join(root, "elsewhere/browservm/theirs"), "x");
    symlinkSync(join(root, "elsewhere"), join(home, ".config"));
    expect(await codeOf(load(saying([])))).toBe("FILE_REFUSED");
    expect(await codeOf(readProfile(home, NAMES))).toBe("FILE_REFUSED");
    expect(readFileSync(join(root, "elsewhere/browservm/theirs"), "utf8")).toBe("x");
  });
});
