import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface CgroupLimits {
  readonly memoryMaxBytes: number;
  readonly pidsMax: number;
  /** Processors that may be filled; absent: all there are. */
  readonly cpus?: number;
}

/** `ip netns exec` mounts a fresh /sys over ours; the first process still sees the machine's. */
const MOUNTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/proc/1/root/sys/fs/cgroup"];
const OURS = "browservm";
/** Controllers that we use, and what each limits. */
export const LIMITED_BY = { memory: "memory", pids: "processes", cpu: "processors" } as const;
/** The kernel's own (cgroup-v2.rst, "cpu.max"). */
const CPU_PERIOD_US = 100_000;

/** Our branch of the cgroup v2 tree (kernel docs: admin-guide/cgroup-v2.rst): one group for each VMM. */
export class CgroupBranch {
  readonly #root: string;
  readonly #directory: string;

  constructor(root: string) {
    this.#root = root;
    this.#directory = join(root, OURS);
  }

  /** Undefined where there is no cgroup v2. */
  static find(): CgroupBranch | undefined {
    const mount = MOUNTS.find((candidate) => existsSync(join(candidate, "cgroup.controllers")));
    return mount === undefined ? undefined : new CgroupBranch(mount);
  }

  /**
   * Makes a group with those limits that the machine can set (a controller may belong to cgroup v1 or to another
   * manager); undefined when we may not make groups here. A VMM without its group still runs confined by uid and seccomp.
   */
  async create(name: string, limits: CgroupLimits): Promise<string | undefined> {
    const group = join(this.#directory, name);
    try {
      await mkdir(this.#directory, { recursive: true });
      for (const directory of [this.#root, this.#directory]) await this.#enable(directory);
      await mkdir(group, { recursive: true });
    } catch {
      return undefined; // read-only or not ours to change, as in most containers
    }
    await this.#limit(group, "memory.max", String(limits.memoryMaxBytes));
    await this.#limit(group, "pids.max", String(limits.pidsMax));
    if (limits.cpus !== undefined)
      await this.#limit(group, "cpu.max", `${limits.cpus * CPU_PERIOD_US} ${CPU_PERIOD_US}`);
    return group;
  }

  /** What of a VM cannot be limited here, in words: its controller belongs to cgroup v1, or to nobody. */
  async unlimited(): Promise<string[]> {
    const there = await readFile(join(this.#root, "cgroup.controllers"), "utf8").catch(() => "");
    const controllers = new Set(there.trim().split(" "));
    return Object.entries(LIMITED_BY).flatMap(([name, what]) => (controllers.has(name) ? [] : [what]));
  }

  /** Removes empty groups that a crash left behind. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#directory, { withFileTypes: true }).catch(() => []);
    await Promise.all(
      names
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => removeCgroup(join(this.#directory, name), 0)),
    );
  }

  async #enable(directory: string): Promise<void> {
    for (const controller of Object.keys(LIMITED_BY)) {
      // Not available here: then its limit cannot be set either, and `#limit` finds no file.
      await writeFile(join(directory, "cgroup.subtree_control"), `+${controller}`).catch(() => {});
    }
  }

  async #limit(group: string, file: string, value: string): Promise<void> {
    const path = join(group, file);
    if (existsSync(path)) await writeFile(path, value);
  }
}

/** A group within a group: one that has others in it may hold no processes itself (cgroup-v2.rst, "No Internal Process"). */
export async function innerCgroup(group: string, name: string): Promise<string> {
  const inner = join(group, name);
  await mkdir(inner, { recursive: true });
  return inner;
}

/** A killed VMM counts as ended some moments before the last of its threads has left its group. */
const LEAVES_WITHIN_MS = 5000;

/** Removes a group, with those that its guest made in it, as soon as it is empty; one in use, or gone, is left. */
export async function removeCgroup(path: string, withinMs: number = LEAVES_WITHIN_MS): Promise<void> {
  const deadline = Date.now() + withinMs;
  while ((await removeEmpty(path)) === "EBUSY" && Date.now() < deadline) await sleep(20);
}

async function removeEmpty(path: string): Promise<string | undefined> {
  // Empty groups within one that lives are not ours to take: a guest's service manager is about to use them.
  const events = await readFile(join(path, "cgroup.events"), "utf8").catch(() => "");
  if (/^populated 1$/m.test(events)) return "EBUSY";
  const inside = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of inside) if (entry.isDirectory()) await removeEmpty(join(path, entry.name));
  return rmdir(path).then(
    () => undefined,
    ({ code }: NodeJS.ErrnoException) => code,
  );
}
