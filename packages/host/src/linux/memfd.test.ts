import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataExtents } from "./data-extents.ts";
import { closeFd } from "./libc.ts";
import { createMemfd, pathOfFd, sealMemfd } from "./memfd.ts";
import { connectUnix } from "./unix-socket.ts";

const mmap = koffi
  .load("libc.so.6")
  .func("mmap", "intptr_t", ["void *", "size_t", "int", "int", "int", "long"]);
const [PROT_READ, PROT_WRITE, MAP_SHARED, MAP_PRIVATE] = [0x1, 0x2, 0x1, 0x2]; // asm-generic/mman-common.h
const EPERM = 1;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-memfd-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a sealed file in memory can be opened by its path and read, and by nobody written or cut", () => {
  const fd = createMemfd("test", 8192);
  writeSync(fd, "golden", 4096);
  sealMemfd(fd);
  const again = openSync(pathOfFd(fd), constants.O_RDWR);
  const bytes = Buffer.alloc(6);
  readSync(again, bytes, 0, 6, 4096);
  expect(bytes.toString()).toBe("golden");
  for (const each of [fd, again]) expect(() => writeSync(each, "x", 0)).toThrow(/EPERM/);
  expect(() => truncateSync(pathOfFd(fd), 0)).toThrow(/EPERM/);
  expect(() => sealMemfd(fd)).toThrow(/EPERM/);
  const map = (how: number) => Number(mmap(null, 4096, PROT_READ | PROT_WRITE, how, again, 0));
  expect([map(MAP_SHARED), koffi.errno()]).toEqual([-1, EPERM]);
  expect(map(MAP_PRIVATE)).not.toBe(-1);
  closeSync(again);
  closeFd(fd);
});

test("the data of a sparse file is found between its holes", () => {
  const path = join(directory, "sparse");
  const fd = openSync(path, "w+");
  truncateSync(path, 1 << 20);
  writeSync(fd, "a", 65_536);
  writeSync(fd, "b", 524_288);
  const extents = [...dataExtents(fd)];
  closeSync(fd);
  expect(extents.map(({ start }) => start)).toEqual([65_536, 524_288]);
  expect(extents.every(({ start, end }) => end > start && end - start <= 65_536)).toBe(true);
});

test("a unix socket without a listener says so, and one with a listener is connected at once", async () => {
  const path = join(directory, "s");
  expect(() => connectUnix(path)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer(accepted.resolve);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const fd = connectUnix(path);
  (await accepted.promise).destroy();
  closeFd(fd);
  server.close();
});
