import { expect, test } from "vitest";
import { explainConsole, findConsoleFault } from "./explain-console.ts";

// Real texts, from Debian's 6.1 cloud kernel.
const CASES: ReadonlyArray<{ title: string; tail: string[]; code: string | undefined }> = [
  {
    title: "a panic for want of a root file system",
    tail: [
      '[    1.899369] VFS: Cannot open root device "(null)" or unknown-block(0,0): error -6',
      "[    1.900065] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
      "[    1.906640] Kernel Offset: 0x1ae00000 from 0xffffffff81000000",
    ],
    code: "GUEST_PANICKED",
  },
  {
    title: "a panic because init ended",
    tail: ["[    1.920500] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000"],
    code: "GUEST_PANICKED",
  },
  {
    title: "a process that was killed for memory",
    tail: [
      "[   33.101] chromium invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=300",
      "[   33.117] Out of memory: Killed process 421 (chromium) total-vm:34033716kB, anon-rss:301024kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:1404kB oom_score_adj:300",
    ],
    code: "GUEST_OUT_OF_MEMORY",
  },
  {
    title: "a panic for want of memory",
    tail: ["[    2.0] Kernel panic - not syncing: System is deadlocked on memory"],
    code: "GUEST_OUT_OF_MEMORY",
  },
  {
    title: "an initramfs that does not fit",
    tail: [
      "[    0.9] Initramfs unpacking failed: write error",
      "[    1.9] Kernel panic - not syncing: VFS: Unable to mount root fs",
    ],
    code: "GUEST_OUT_OF_MEMORY",
  },
  {
    title: "an init of ours that cannot go on",
    tail: ["browservm-init: cannot mount /dev/vda: Invalid argument"],
    code: "GUEST_NEVER_BOOTED",
  },
  {
    title: "a healthy boot",
    tail: ["[    0.0] Linux version 6.1.0-56-cloud-amd64", "browservm-init: switching to the root"],
    code: undefined,
  },
  {
    title: "a killed process inside a limit of its own",
    tail: ["[    9.0] Memory cgroup out of memory: Killed process 12 (node)"],
    code: undefined,
  },
  { title: "nothing", tail: [], code: undefined },
];

test.each(CASES)("the console of $title explains itself as $code", ({ tail, code }) => {
  expect(explainConsole(tail)).toBe(code);
});

test("the finding quotes the line that says so", () => {
  expect(findConsoleFault(["a", "[ 1.0] Kernel panic - not syncing: VFS", "b"])).toEqual({
    code: "GUEST_PANICKED",
    line: "[ 1.0] Kernel panic - not syncing: VFS",
  });
});
