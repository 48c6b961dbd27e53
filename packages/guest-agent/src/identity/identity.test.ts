import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forgetMachineId, setHostname, setMachineId } from "./names.ts";
import { clockStep, orderOf } from "./reseed.ts";
import { Steps } from "./steps.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "identity-"));
  for (const directory of ["etc", "proc/sys/kernel", "run/log/journal"])
    await mkdir(join(root, directory), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));
const text = (path: string) => readFile(join(root, path), "utf8");

describe("the order to reseed", () => {
  const seed = Buffer.alloc(32, 0xab).toString("base64");
  const hostTime = "2026-03-01T10:00:00.250Z";

  test("holds the seed, and the time to the millisecond when the clock is off", () => {
    expect(orderOf({ seed, hostTime }, 5000)).toBe(`${"ab".repeat(32)} 1772359200 250000000\n`);
    expect(orderOf({ seed, hostTime }, 0)).toBe(`${"ab".repeat(32)} -\n`);
  });

  test("is refused when the seed is short", () => {
    expect(() => orderOf({ seed: seed.slice(4), hostTime }, 0)).toThrow("32 bytes");
  });

  test("leaves a clock alone that is right within what a channel costs", () => {
    const now = Date.parse(hostTime);
    expect(clockStep(hostTime, now - 1400)).toBe(0);
    expect(clockStep(hostTime, now - 60_000)).toBe(60_000);
    expect(clockStep(hostTime, now + 60_000)).toBe(-60_000);
  });
});

test("the hostname is set for the kernel and for programs", async () => {
  await writeFile(join(root, "proc/sys/kernel/hostname"), "golden");
  await setHostname("vm-7", root);
  expect(await text("proc/sys/kernel/hostname")).toBe("vm-7");
  expect(await text("etc/hostname")).toBe("vm-7\n");
  expect(await text("etc/hosts")).toContain("127.0.1.1 vm-7\n");
});

test("the journal that goes on under the old machine-id is found under the new one", async () => {
  const [old, fresh] = ["a".repeat(32), "b".repeat(32)];
  await mkdir(join(root, "run/log/journal", old));
  for (let time = 0; time < 2; time++) await setMachineId(fresh, root);
  expect(await text("etc/machine-id")).toBe(`${fresh}\n`);
  expect(await readlink(join(root, "run/log/journal", fresh))).toBe(old);
  await forgetMachineId(root);
  expect(await text("etc/machine-id")).toBe("");
});

test("steps that run side by side are each told with their time, and a failure by its name", async () => {
  const steps = new Steps();
  await Promise.all([steps.run("a", async () => 1), steps.run("b", async () => 2)]);
  expect(steps.done.map(({ step }) => step)).toEqual(["a", "b"]);
  const broken = async () => {
    throw new Error("no route");
  };
  await expect(steps.run("network", broken)).rejects.toThrow("network: no route");
});
