import { readFileSync, statfsSync } from "node:fs";
import { chown, mkdir, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { idMapMount } from "../../linux/id-map.ts";
import { runPlain, startPlain } from "../../process/plain.ts";
import { IDS_PER_GUEST, STAGED } from "./places.ts";

/** What the launcher is told, in a file that hostd wrote. */
export interface ContainerOrders {
  readonly id: string;
  readonly base: string;
  readonly overlay: string;
  readonly bundle: string;
  /** The runtime's program, and where it keeps its own state. */
  readonly runtime: string;
  readonly runtimeState: string;
  /** The user of this machine that is root in the guest. */
  readonly guestRoot: number;
}

const NAMESPACE_MS = 10_000;
const BASE_TRIES = 5;
const CGROUPS = "/sys/fs/cgroup";
/** CGROUP2_SUPER_MAGIC of statfs(2). */
const CGROUP2 = 0x63677270;

// `node launcher.ts ORDERS`, first process of a pid namespace and alone in a mount namespace: it mounts what the
// container is made of, and becomes the runtime. All that it mounts and starts ends with it.
try {
  await becomeRuntime(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
} catch (error) {
  // The last line that is said is what people are told.
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

async function becomeRuntime(orders: ContainerOrders): Promise<void> {
  await makeStage(orders);
  await joinRoot(orders);
  mount("--bind", join(orders.bundle, "boot"), STAGED.boot);
  const { runtime, runtimeState, bundle, id } = orders;
  const args = ["--root", runtimeState, "--cgroup-manager=cgroupfs", "run", "--bundle", bundle, id];
  process.execve?.(runtime, [runtime, ...args], { PATH: process.env.PATH ?? "" });
  throw new Error("this Node cannot become another program");
}

function mount(...parameters: string[]): void {
  runPlain("mount", parameters);
}

/** Tried again: while the last guest of an image ends, the kernel takes its loop device away. */
async function mountBase(base: string, place: string): Promise<void> {
  for (let left = BASE_TRIES; ; left--) {
    try {
      return mount("-t", "erofs", "-o", "loop,ro,nosuid,nodev", base, place);
    } catch (error) {
      if (left === 1) throw error;
      await sleep(50);
    }
  }
}

/** The guest's root can go to it, and has one small directory of its own there. */
async function makeStage({ guestRoot }: ContainerOrders): Promise<void> {
  mount("-t", "tmpfs", "-o", "mode=755,size=1m,nr_inodes=256", "stage", STAGED.stage);
  for (const path of [STAGED.lower, STAGED.over, STAGED.root, STAGED.boot, STAGED.port]) await mkdir(path);
  const own = `mode=700,size=64k,nr_inodes=16,uid=${guestRoot},gid=${guestRoot}`;
  mount("-t", "tmpfs", "-o", own, "port", STAGED.port);
  // The runtime and the guest both want version 2 alone, which may be mounted elsewhere or nowhere; twice it cannot be.
  if (statfsSync(CGROUPS).type !== CGROUP2) mount("-t", "cgroup2", "cgroup2", CGROUPS);
}

/** The image's base, read-only and mapped to the guest's users; over it the VM's own disk. */
async function joinRoot({ base, overlay, guestRoot }: ContainerOrders): Promise<void> {
  const { lower, over, root } = STAGED;
  // mount(8) takes the loop device that already has this file, so that all guests share its pages.
  await mountBase(base, lower);
  await mapIds(lower, guestRoot);
  mount("-t", "ext4", "-o", "loop,noatime,nosuid,nodev", overlay, over);
  for (const name of ["upper", "work"]) await mkdir(join(over, name), { recursive: true });
  await chown(join(over, "upper"), guestRoot, guestRoot);
  // volatile: like the disk of an emulated VM, it never outlives its guest.
  const layers = `lowerdir=${lower},upperdir=${over}/upper,workdir=${over}/work`;
  mount("-t", "overlay", "-o", `volatile,nosuid,nodev,${layers}`, "overlay", root);
}

async function mapIds(path: string, guestRoot: number): Promise<void> {
  const holder = await startHolder();
  try {
    for (const name of ["uid_map", "gid_map"]) {
      await using map = await open(`/proc/${holder}/${name}`, "w");
      await map.write(`0 ${guestRoot} ${IDS_PER_GUEST}\n`);
    }
    await using userns = await open(`/proc/${holder}/ns/user`, "r");
    idMapMount(path, userns.fd);
  } finally {
    process.kill(holder, "SIGKILL");
  }
}

/** A process in a user namespace of its own: mounts are mapped by such a namespace, not by numbers. */
async function startHolder(): Promise<number> {
  const own = await readlink("/proc/self/ns/user");
  const pid = startPlain("unshare", ["--user", "--", "sleep", "60"]);
  const deadline = Date.now() + NAMESPACE_MS;
  while ((await namespaceOf(pid)) === own) {
    if (Date.now() > deadline) throw new Error("no user namespace could be made");
    await sleep(1);
  }
  return pid;
}

async function namespaceOf(pid: number): Promise<string> {
  try {
    return await readlink(`/proc/${pid}/ns/user`);
  } catch (cause) {
    // Also for root in a chroot (unshare(2), EPERM).
    throw new Error("the kernel makes no user namespace here; it never does in a chroot", { cause });
  }
}
