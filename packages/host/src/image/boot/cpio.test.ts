import { expect, test } from "vitest";
import { decodeCpio } from "../boot/decode-cpio.ts";
import { encodeCpio, padding } from "./cpio.ts";

test("an archive gives back what went in: files, directories, links and devices, owned by root", () => {
  const archive = encodeCpio([
    { kind: "directory", path: "bin", mode: 0o755 },
    { kind: "file", path: "bin/tool", mode: 0o750, content: Buffer.from("12345") },
    { kind: "link", path: "bin/sh", target: "busybox" },
    { kind: "device", path: "dev/console", mode: 0o600, device: [5, 1] },
    { kind: "file", path: "ünï/空", mode: 0o644, content: new Uint8Array() },
  ]);
  const entries = decodeCpio(archive);
  expect(entries.map(({ path }) => path)).toEqual(["bin", "bin/tool", "bin/sh", "dev/console", "ünï/空"]);
  expect(entries.map(({ mode }) => mode)).toEqual([0o040755, 0o100750, 0o120777, 0o020600, 0o100644]);
  expect(entries.every(({ uid, gid }) => uid === 0 && gid === 0)).toBe(true);
  expect(entries[1]?.content.toString()).toBe("12345");
  expect(entries[2]?.content.toString()).toBe("busybox");
  expect(entries[3]?.device).toEqual([5, 1]);
});

test("the archive ends at a multiple of four, so that another can follow it", () => {
  for (const size of [0, 1, 2, 3, 4]) {
    const archive = encodeCpio([{ kind: "file", path: "x", mode: 0o644, content: new Uint8Array(size) }]);
    expect(archive.length % 4).toBe(0);
  }
  expect([0, 1, 2, 3].map((length) => padding(length).length)).toEqual([0, 3, 2, 1]);
});

test("the same entries give the same bytes", () => {
  const make = () => encodeCpio([{ kind: "file", path: "a", mode: 0o644, content: Buffer.from("b") }]);
  expect(make().equals(make())).toBe(true);
});

test("a reader notices a header that was cut", () => {
  const archive = encodeCpio([{ kind: "file", path: "a", mode: 0o644, content: Buffer.from("b") }]);
  expect(() => decodeCpio(archive.subarray(2))).toThrow(/magic/);
});
