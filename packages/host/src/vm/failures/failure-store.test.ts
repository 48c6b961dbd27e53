import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VmId } from "@browservm/contract";
import { unpackTar } from "modern-tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FailureStore } from "./failure-store.ts";

const DAY_MS = 86_400_000;
const id = (last: number) => VmId.parse(`vm_${"0".repeat(17)}${String(last).padStart(3, "a")}`);

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "failures-")), "failures");
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true }));

const store = (days = 7, now = Date.now()) => new FailureStore({ directory, days, now: () => now });

test("what is kept comes back as a tar, and only root can read it", async () => {
  const files = new Map([
    ["reason.json", "{}"],
    ["console.log", "the last line\n"],
  ]);
  await store().keep(id(1), files);
  const entries = await unpackTar(await store().pack(id(1)));
  expect(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)])).toEqual([
    [`${id(1)}/console.log`, "the last line\n"],
    [`${id(1)}/reason.json`, "{}"],
  ]);
  expect(statSync(join(directory, id(1))).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, id(1), "reason.json")).mode & 0o777).toBe(0o600);
});

test("a VM of which nothing was kept is told as such", async () => {
  await expect(store().pack(id(1))).rejects.toMatchObject({ code: "EVIDENCE_NOT_FOUND" });
});

test("a file of any length is cut to its last MiB", async () => {
  await store().keep(id(1), new Map([["console.log", `${"x".repeat(3_000_000)}end`]]));
  const [entry] = await unpackTar(await store().pack(id(1)));
  expect(entry?.data).toHaveLength(1024 * 1024);
  expect(new TextDecoder().decode(entry?.data).endsWith("xend")).toBe(true);
});

test("a second failure of the same VM replaces the first", async () => {
  await store().keep(id(1), new Map([["old.log", ""]]));
  await store().keep(id(1), new Map([["new.log", ""]]));
  expect(readdirSync(join(directory, id(1)))).toEqual(["new.log"]);
});

test("it is forgotten after its days, halves of a crash too, and the newest stay", async () => {
  const now = Date.now();
  for (const [index, ageDays] of [0.5, 6.9, 7.1].entries()) {
    await store().keep(id(index), new Map([["a", ""]]));
    const at = (now - ageDays * DAY_MS) / 1000;
    utimesSync(join(directory, id(index)), at, at);
  }
  await store(7, now).prune();
  expect(readdirSync(directory).sort()).toEqual([id(0), id(1)].sort());
});

test("of too many, the oldest go", async () => {
  for (let index = 0; index < 203; index++) {
    await store().keep(id(index), new Map([["a", ""]]));
    const at = Date.now() / 1000 - 1000 + index;
    utimesSync(join(directory, id(index)), at, at);
  }
  await store().prune();
  expect(readdirSync(directory)).toHaveLength(200);
  expect(existsSync(join(directory, id(2)))).toBe(false);
  expect(existsSync(join(directory, id(3)))).toBe(true);
});

test("with zero days nothing is kept, and what was kept before goes", async () => {
  await store().keep(id(1), new Map([["a", ""]]));
  await store(0).keep(id(2), new Map([["a", ""]]));
  expect(readdirSync(directory)).toEqual([id(1)]);
  await store(0).prune();
  expect(readdirSync(directory)).toEqual([]);
});

test("nothing was ever kept: pruning is nothing", async () => {
  await store().prune();
  expect(existsSync(directory)).toBe(false);
});
