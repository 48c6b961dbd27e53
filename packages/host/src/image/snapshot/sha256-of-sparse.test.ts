import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256OfSparse } from "./sha256-of-sparse.ts";

const MIB = 1024 * 1024;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bvm-sparse-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A file of this size with these words at these offsets. */
async function make(name: string, size: number, words: Readonly<Record<number, string>>): Promise<string> {
  const path = join(directory, name);
  await using file = await open(path, "w");
  await file.truncate(size);
  for (const [at, word] of Object.entries(words)) await file.write(word, Number(at));
  return path;
}

const WORDS = { 5: "one", [3 * MIB + 70_000]: "two", [200 * MIB]: "three" };

test("written zeros and holes are the same content", async () => {
  const sparse = await make("sparse", 4 * MIB, { 5: "one", [3 * MIB]: "two" });
  const full = join(directory, "full");
  const content = Buffer.alloc(4 * MIB);
  content.write("one", 5);
  content.write("two", 3 * MIB);
  await writeFile(full, content);
  expect(await sha256OfSparse(full)).toBe(await sha256OfSparse(sparse));
});

test.each<[string, Record<number, string>]>([
  ["another byte", { ...WORDS, 6: "x" }],
  ["the same at another place of its block", { ...WORDS, 5: "", 7: "one" }],
  ["one block more", { ...WORDS, [100 * MIB]: "y" }],
  ["the last one missing", { 5: "one", [3 * MIB + 70_000]: "two" }],
])("%s is another content", async (_, other) => {
  const one = await sha256OfSparse(await make("one", 256 * MIB, WORDS));
  expect(await sha256OfSparse(await make("same", 256 * MIB, WORDS))).toBe(one);
  expect(await sha256OfSparse(await make("other", 256 * MIB, other))).not.toBe(one);
});

test("a large hole costs no time, and an end that was cut off is seen", async () => {
  const path = await make("large", 64 * 1024 * MIB, { 5: "one", [60_000 * MIB]: "end" });
  const began = performance.now();
  const whole = await sha256OfSparse(path);
  expect(performance.now() - began).toBeLessThan(2000);
  await truncate(path, 59_000 * MIB);
  expect(await sha256OfSparse(path)).not.toBe(whole);
});
