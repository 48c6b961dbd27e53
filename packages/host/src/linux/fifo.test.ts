import { mkdtempDisposable, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFifo } from "./fifo.ts";

test("a named pipe is its owner's alone, and never takes the place of another file", async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), "bvm-fifo-"));
  const path = join(directory.path, "pipe");
  makeFifo(path);
  const stats = await stat(path);
  expect(stats.isFIFO()).toBe(true);
  expect(stats.mode & 0o777).toBe(0o600);
  expect(() => makeFifo(path)).toThrow(expect.objectContaining({ code: "EEXIST" }));
});
