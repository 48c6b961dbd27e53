import { rmSync, statfsSync, statSync } from "node:fs";
import { BrowserVmError, type Config, isBrowserVmError } from "@browservm/contract";
import { NetlinkSocket } from "../linux/netlink-socket.ts";
import { findProcesses } from "../process/find-processes.ts";
import { killAll } from "../process/kill-all.ts";
import { run } from "../process/run.ts";
import { canaryDirectory } from "./canary.ts";
import { MachineNames } from "./machine-names.ts";
import { removeMachineUplink, setUpMachineUplink } from "./machine-uplink.ts";

const NSFS_MAGIC = 0x6e736673; // linux/magic.h

/** The network namespace that hostd is to be started in. */
export interface NetworkNamespace {
  /** Its identity while the machine runs: a namespace made anew under the same name has another one. */
  readonly inode: string;
  /** What to put before a command so that it runs inside; nothing when it is the machine's own. */
  readonly enter: readonly string[];
  /** What on this machine would get in the way, in words for its operator. */
  readonly warnings: readonly string[];
}

/**
 * For the launcher, as root in the machine's own namespace, before hostd starts: makes what `network.namespace`,
 * `namespaceName` and `uplink` ask for; again is nothing, and an interrupted run is finished. CIDR_CLASH,
 * NO_FREE_CIDR, NOT_PRIVILEGED, TOOL_MISSING, FIREWALL_REFUSED.
 */
export async function ensureNamespace(config: Config): Promise<NetworkNamespace> {
  if (config.network.namespace === "host")
    return { inode: inodeOf("/proc/self/ns/net"), enter: [], warnings: [] };
  const names = new MachineNames(config);
  await makeNamespace(names);
  const inode = inodeOf(names.namespacePath);
  using netlink = new NetlinkSocket();
  const wantsUplink = config.network.uplink === "auto";
  if (!wantsUplink) await removeMachineUplink(names, netlink);
  const warnings = wantsUplink ? await setUpMachineUplink({ config, names, inode, netlink }) : [];
  return { inode, enter: ["nsenter", `--net=${names.namespacePath}`, "--"], warnings };
}

/** Takes back all that `ensureNamespace` made. TAP_BUSY while a process still runs inside; nothing there is fine. */
export async function removeNamespace(config: Config): Promise<void> {
  if (config.network.namespace === "host") return;
  const names = new MachineNames(config);
  if (isNamespace(names.namespacePath)) await refuseWhileInhabited(names.namespace);
  using netlink = new NetlinkSocket();
  await removeMachineUplink(names, netlink);
  if (isNamespace(names.namespacePath)) await run("ip", ["netns", "del", names.namespace]);
  // hostd ends it when it takes its network apart; one that was killed could not.
  await killAll(await findProcesses(canaryDirectory(config)));
}

async function makeNamespace({ namespace, namespacePath }: MachineNames): Promise<void> {
  if (!isNamespace(namespacePath)) {
    // A crash of `ip netns add` between its two halves leaves an empty file.
    rmSync(namespacePath, { force: true });
    await run("ip", ["netns", "add", namespace]).catch(explainPrivilege);
  }
  await run("ip", ["-n", namespace, "link", "set", "lo", "up"]);
}

function explainPrivilege(error: unknown): never {
  const stderr = isBrowserVmError(error, "COMMAND_FAILED") ? String(error.details.stderr) : "";
  if (!/not permitted|permission denied/i.test(stderr)) throw error;
  throw new BrowserVmError(
    "NOT_PRIVILEGED",
    "a network namespace cannot be made",
    { stderr },
    { cause: error },
  );
}

async function refuseWhileInhabited(namespace: string): Promise<void> {
  const { stdout } = await run("ip", ["netns", "pids", namespace]);
  const [pid] = stdout.split("\n").filter((line) => line !== "");
  if (pid === undefined) return;
  throw new BrowserVmError("TAP_BUSY", `process ${pid} still runs in the namespace ${namespace}`, {
    pid: Number(pid),
    namespace,
  });
}

/** A name under /run/netns may also be an empty file that nothing is mounted on. */
function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC;
  } catch {
    return false; // there is no such file
  }
}

const inodeOf = (path: string): string => String(statSync(path).ino);
