import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { GUEST_PATHS, type VmId } from "@browservm/contract";
import type { GuestVictim } from "./guest-points.ts";

const GROUPS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
/** What the test's own tool has in its command line. */
export const TOOL_MARK = "a-tool-of-a-test";

type Words = readonly string[];
const isNode = ([file = ""]: Words) => basename(file) === "node";
const IS: Readonly<Record<GuestVictim, (words: Words) => boolean>> = {
  agent: (words) => isNode(words) && words.includes("/usr/lib/browservm/agent.mjs"),
  // Chromium rewrites its own, with spaces between the words.
  browser: ([whole = "", ...more]) => {
    const words = [...whole.split(" "), ...more];
    return basename(words[0] ?? "") === "chromium" && !words.some((word) => word.startsWith("--type="));
  },
  display: ([file = ""]) => basename(file) === "Xtigervnc",
  job: (words) => isNode(words) && words.includes(GUEST_PATHS.signinWorker),
  tool: ([file, flag, script = ""]) => file === "sh" && flag === "-c" && script.includes(TOOL_MARK),
};

/** The group of a VM that is a container; undefined when there is none (any more). */
export const groupOf = (vmId: VmId): string | undefined =>
  GROUPS.map((root) => join(root, "browservm", vmId)).find(existsSync);

/** The pid, on this machine, of a process inside a container. */
export function pidInside(vmId: VmId, victim: GuestVictim): number | undefined {
  const group = groupOf(vmId);
  if (!group) return undefined;
  return pidsOf(group).find((pid) => IS[victim](wordsOf(pid)));
}

function pidsOf(group: string): number[] {
  const groups = readdirSync(group, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return [group, ...groups].flatMap((each) => linesOf(join(each, "cgroup.procs"))).map(Number);
}

const linesOf = (path: string): string[] => {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    return []; // it is gone
  }
};

const wordsOf = (pid: number): Words => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // it has ended
  }
};
