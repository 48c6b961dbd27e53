import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CgroupBranch, innerCgroup, removeCgroup } from "./cgroup.ts";
import { confined } from "./confined.ts";
import { requireShortPath } from "./run-dir.ts";
import { readNotes, writeNotes } from "./vmm-notes.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bvm-cgroup-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const LIMITS = { memoryMaxBytes: 1024, pidsMax: 64 };

describe("a VMM's cgroup", () => {
  test("gets the limits whose controllers the machine has", async () => {
    const group = join(root, "browservm", "vm_a");
    await mkdir(group, { recursive: true });
    await writeFile(join(group, "pids.max"), "max");
    expect(await new CgroupBranch(root).create("vm_a", LIMITS)).toBe(group);
    expect(await readFile(join(group, "pids.max"), "utf8")).toBe("64");
    expect(existsSync(join(group, "memory.max"))).toBe(false);
  });

  test("is done without where none can be made", async () => {
    await writeFile(join(root, "browservm"), "in the way");
    expect(await new CgroupBranch(root).create("vm_a", LIMITS)).toBeUndefined();
  });

  test("goes when it is empty, and stays while it holds something", async () => {
    const branch = new CgroupBranch(root);
    const [empty, held] = [await branch.create("vm_a", LIMITS), await branch.create("vm_b", LIMITS)];
    await writeFile(join(held ?? "", "held"), "");
    await branch.sweep();
    await removeCgroup(held ?? "");
    expect([existsSync(empty ?? ""), existsSync(held ?? "")]).toEqual([false, true]);
  });

  test("takes with it what its guest divided it into, but nothing of a guest that lives", async () => {
    const branch = new CgroupBranch(root);
    const [over, lives] = [await branch.create("vm_a", LIMITS), await branch.create("vm_b", LIMITS)];
    for (const group of [over, lives])
      await mkdir(join(await innerCgroup(group ?? "", "guest"), "system.slice/x.service"), {
        recursive: true,
      });
    await writeFile(join(lives ?? "", "cgroup.events"), "populated 1\nfrozen 0\n");
    await branch.sweep();
    expect(existsSync(over ?? "")).toBe(false);
    expect(existsSync(join(lives ?? "", "guest/system.slice/x.service"))).toBe(true);
  });

  test("is told apart by what cannot be limited here", async () => {
    const branch = new CgroupBranch(root);
    expect(await branch.unlimited()).toEqual(["memory", "processes", "processors"]);
    await writeFile(join(root, "cgroup.controllers"), "cpuset cpu io memory pids\n");
    expect(await branch.unlimited()).toEqual([]);
  });

  test("has a share of the processors where that is wanted", async () => {
    const group = join(root, "browservm", "vm_a");
    await mkdir(group, { recursive: true });
    await writeFile(join(group, "cpu.max"), "max 100000");
    await new CgroupBranch(root).create("vm_a", { ...LIMITS, cpus: 2 });
    expect(await readFile(join(group, "cpu.max"), "utf8")).toBe("200000 100000");
  });
});

test("a confined command carries its values as arguments, never as shell text", () => {
  const { file, args } = confined({
    file: "qemu",
    args: ["-name", "$(reboot)"],
    fileSizeBytes: 1_048_576,
    cgroup: undefined,
  });
  expect(file).toBe("/bin/sh");
  expect(args.slice(2)).toEqual(["browservm-vmm", "2048", "", "qemu", "-name", "$(reboot)"]);
  expect(args[1]).not.toContain("reboot");
});

test("a socket path that the kernel could not bind is refused by name", () => {
  requireShortPath(`/${"a".repeat(106)}`);
  expect(() => requireShortPath(`/${"a".repeat(107)}`)).toThrow(
    expect.objectContaining({ code: "BAD_CONFIG" }),
  );
  expect(() => requireShortPath(`/${"ä".repeat(54)}`)).toThrow(/109 bytes/);
});

test("notes on a VMM are found again, and lost ones are no obstacle", async () => {
  const notes = { logs: [{ path: "/a", origin: 4096, limitBytes: 8192 }], cgroup: "/sys/fs/cgroup/x" };
  await writeNotes(root, notes);
  expect(await readNotes(root)).toEqual({ ...notes, pipes: [] });
  await writeFile(join(root, "vmm.json"), '{"logs": 7');
  expect(await readNotes(root)).toEqual({ logs: [], pipes: [] });
});
