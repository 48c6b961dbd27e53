import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Manifest } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeCpio } from "../boot/decode-cpio.ts";
import type { Image, InjectedFile } from "../image.ts";
import { encodeCpio } from "./cpio.ts";
import { encodeInjection, writeInitrd } from "./write-initrd.ts";

let directory: string;
let image: Image;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "initrd-"));
  const initrd = join(directory, "base");
  const base = encodeCpio([{ kind: "file", path: "init", mode: 0o755, content: Buffer.from("#!") }]);
  await writeFile(initrd, Buffer.concat([base, Buffer.from([0])]), { mode: 0o444 });
  image = {
    name: "tiny",
    id: "tiny-bookworm-0123456789abcdef",
    kernel: "",
    rootfs: "",
    initrd,
    commandLine: "",
    hasBrowser: false,
    suite: "bookworm",
    defaults: { vcpus: 1, memoryMib: 512, diskMib: 1024 },
    builtAt: "2026-01-01T00:00:00Z",
  };
});
afterEach(() => rm(directory, { recursive: true }));

const file = (path: string, mode = 0o644): InjectedFile => ({ path, mode, content: Buffer.from("hello") });

test("the image's archive is followed by the files, their list and their manifest", async () => {
  const path = join(directory, "vm");
  const told = await writeInitrd(image, [file("/etc/a b.conf", 0o640), file("/opt/x", 0o755)], path);
  const entries = decodeCpio(await readFile(path));
  expect(entries.map((entry) => entry.path)).toEqual([
    "init",
    "inject",
    "inject/list",
    "inject/0",
    "inject/1",
    "inject/manifest.json",
  ]);
  expect(entries[2]?.content.toString()).toBe("640 0 /etc/a b.conf\n755 1 /opt/x\n");
  expect(entries[3]?.mode).toBe(0o100640);
  const manifest = Manifest.parse(JSON.parse(String(entries[5]?.content)));
  expect(manifest.files).toEqual(told);
  expect(told[0]).toEqual({
    path: "/etc/a b.conf",
    mode: 0o640,
    sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("without files there is still a manifest, an empty one", () => {
  const { archive, entries } = encodeInjection([]);
  expect(entries).toEqual([]);
  const manifest = decodeCpio(archive).find(({ path }) => path === "inject/manifest.json");
  expect(JSON.parse(String(manifest?.content))).toEqual({ version: 1, files: [] });
});

test.each([
  ["etc/passwd", "not absolute"],
  ["/etc/../root/x", "not a plain one"],
  ["/..", "not a plain one"],
  ["/etc/./x", "not a plain one"],
  ["/etc//x", "not a plain one"],
  ["/etc/", "not a plain one"],
  ["/", "not a plain one"],
  ["/etc/x\n644 1 /etc/y", "a character that is not allowed"],
  ["/etc/x\0", "a character that is not allowed"],
  ["/etc/x ", "a character that is not allowed"],
  [`/${"x".repeat(600)}`, "too long"],
])("the path %j is refused", (path, why) => {
  expect(() => encodeInjection([file(path)])).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining(why) }),
  );
});

test.each([0o4755, -1, 1.5])("the mode %d is refused", (mode) => {
  expect(() => encodeInjection([file("/x", mode)])).toThrow(/mode/);
});

test("two files of one path, and more files than a manifest holds, are refused", () => {
  expect(() => encodeInjection([file("/x"), file("/x")])).toThrow(/twice/);
  expect(() => encodeInjection(Array.from({ length: 257 }, (_, index) => file(`/${index}`)))).toThrow(/256/);
});

test("nothing is left behind when the image's initrd is damaged", async () => {
  const path = join(directory, "vm");
  const empty = join(directory, "empty");
  await writeFile(empty, "");
  await expect(writeInitrd({ ...image, initrd: empty }, [], path)).rejects.toMatchObject({
    code: "IMAGE_DAMAGED",
  });
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
});
