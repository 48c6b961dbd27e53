import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import type { LinkReaper } from "../linux/link-reaper.ts";
import { createVeth } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { spawnDetached } from "../process/detached.ts";
import { findProcesses } from "../process/find-processes.ts";
import { isAlive, type ProcessIdentity } from "../process/identity.ts";
import { killAll } from "../process/kill-all.ts";
import { run } from "../process/run.ts";
import { namespaceInode } from "./holders.ts";
import { CANARY_PORT } from "./names.ts";
import type { BridgeTarget, CanaryTarget } from "./plan.ts";
import { plugPort } from "./tap-device.ts";

const START_MS = 10_000;

const Stored = z.object({
  identity: z.object({ pid: z.int(), startTicks: z.string(), bootId: z.string() }),
  /** Of the namespace that has the bridge: a canary of a namespace that is gone is no use. */
  namespace: z.string(),
});

/** Where a canary keeps its identity and log; its path is also its mark in /proc. */
export const canaryDirectory = ({ runDir }: { readonly runDir: string }): string => `${runDir}/canary`;

export interface CanaryTools {
  readonly netlink: NetlinkSocket;
  readonly reaper: LinkReaper;
  /** See `canaryDirectory`. */
  readonly directory: string;
}

/**
 * The listener behind a bridge port of its own, as if it were a guest's neighbour. It lives in a nameless network
 * namespace that nothing but its process holds, so that when it ends, namespace and port end with it.
 */
export class Canary {
  readonly #tools: CanaryTools;

  constructor(tools: CanaryTools) {
    this.#tools = tools;
  }

  /** Whether the listener that we (or an earlier hostd) started is running. */
  isAlive(): boolean {
    const stored = this.#read();
    return stored !== undefined && isAlive(stored.identity) && stored.namespace === namespaceInode();
  }

  /** Replaces whatever is there by a fresh listener, plugged and isolated. */
  async start(target: CanaryTarget, bridge: BridgeTarget): Promise<void> {
    await this.stop();
    const identity = await this.#spawn(target.port);
    this.#write(identity);
    const { netlink } = this.#tools;
    createVeth(netlink, { name: CANARY_PORT, peer: "eth0", peerPid: identity.pid, mtu: target.mtu });
    await configureInside(identity.pid, target);
    plugPort(netlink, { name: CANARY_PORT, bridge: bridge.name, mtu: target.mtu });
  }

  /** Ends the listener and removes its port. Nothing there is fine. */
  async stop(): Promise<void> {
    const { directory, reaper } = this.#tools;
    const stored = this.#read();
    // Also one whose identity was never written, because hostd ended between the two.
    const marked = await findProcesses(directory);
    await killAll([...(stored ? [stored.identity] : []), ...marked]);
    rmSync(this.#file, { force: true });
    await reaper.remove([CANARY_PORT]);
  }

  async #spawn(port: number): Promise<ProcessIdentity> {
    const { directory } = this.#tools;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const listen = `TCP4-LISTEN:${port},fork,reuseaddr,max-children=16`;
    const mark = `${directory}/socat`;
    const log = `${directory}/log`;
    const { identity } = await spawnDetached({
      file: "unshare",
      args: ["--net", "--", "socat", "-lp", mark, "-u", listen, "OPEN:/dev/null"],
      stdout: log,
      stderr: log,
    });
    await untilInOwnNamespace(identity);
    return identity;
  }

  get #file(): string {
    return `${this.#tools.directory}/identity.json`;
  }

  #read(): z.infer<typeof Stored> | undefined {
    try {
      return Stored.parse(JSON.parse(readFileSync(this.#file, "utf8")));
    } catch {
      return undefined; // none, or half written: then it is found by its mark, and replaced
    }
  }

  #write(identity: ProcessIdentity): void {
    const temporary = `${this.#file}.new`;
    writeFileSync(temporary, JSON.stringify({ identity, namespace: namespaceInode() }), { mode: 0o600 });
    renameSync(temporary, this.#file);
  }
}

/** Between its start and unshare(2) the process is still in our namespace. */
async function untilInOwnNamespace(identity: ProcessIdentity): Promise<void> {
  const ours = namespaceInode();
  const deadline = Date.now() + START_MS;
  while (namespaceInode(identity.pid) === ours || !isSocat(identity.pid)) {
    if (!isAlive(identity) || Date.now() > deadline)
      throw new BrowserVmError("COMMAND_FAILED", "the canary's listener did not start", { command: "socat" });
    await sleep(5);
  }
}

function isSocat(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "socat";
  } catch {
    return false; // ended: `isAlive` says so
  }
}

/** The default route lets it answer through the gateway too, so that an open hairpin would show. */
async function configureInside(pid: number, { ip, prefix, gateway }: CanaryTarget): Promise<void> {
  const lines = [`addr add ${ip}/${prefix} dev eth0`, "link set eth0 up", `route add default via ${gateway}`];
  await run("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "-batch", "-"], {
    input: `${lines.join("\n")}\n`,
  });
}
