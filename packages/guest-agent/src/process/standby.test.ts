import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readProcess } from "./process-facts.ts";
import { Standby } from "./standby.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "standby-"));
});
afterEach(() => rm(directory, { recursive: true }));

const LATE = 10_000;
/** Writes its own pid at its start, and what it is told at its end. */
const scribe = () =>
  new Standby("sh", [
    "-c",
    `echo $$ >>${directory}/starts; read -r order; echo "$order" >${directory}/order`,
  ]);
const starts = async () => (await readFile(join(directory, "starts"), "utf8")).trim().split("\n");
const order = () => readFile(join(directory, "order"), "utf8");

test("one that waits gets the order; it is not started again", async () => {
  const program = scribe();
  program.prepare();
  program.prepare();
  await expect.poll(starts).toHaveLength(1);
  await program.order("go\n", LATE);
  expect(await order()).toBe("go\n");
  expect(await starts()).toHaveLength(1);
});

test("without one that waits, it is started for the order, also when the one that waited has died", async () => {
  const program = scribe();
  await program.order("first\n", LATE);
  program.prepare();
  await expect.poll(starts).toHaveLength(2);
  const [, waiting] = await starts();
  process.kill(Number(waiting), "SIGKILL");
  // It is reaped in the turn in which its end is told.
  await expect.poll(() => readProcess(Number(waiting))).toBeUndefined();
  await program.order("second\n", LATE);
  expect(await order()).toBe("second\n");
  expect(await starts()).toHaveLength(3);
});

test("a failure is told with the program's words", async () => {
  const program = new Standby("sh", ["-c", "read -r x; echo no such seed >&2; exit 3"]);
  program.prepare();
  await expect(program.order("x\n", LATE)).rejects.toThrow("sh: status 3: no such seed");
});
