import { mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Config } from "@browservm/contract";
import { pino } from "pino";
import { expect } from "vitest";
import type { LinuxNetwork } from "../../packages/host/src/net/linux-network.ts";
import { type OpenNetworkOptions, openHostNetwork } from "../../packages/host/src/net/open.ts";
import { slotMigrations } from "../../packages/host/src/net/slots.ts";
import { openDatabase } from "../../packages/host/src/store/database.ts";
import { must } from "./fake-guest.ts";

/** What of the kernel and of processes a test must leave as it found it. */
export interface Traces {
  readonly links: string;
  readonly rules: string;
  readonly namespaces: string;
  readonly sysctls: string;
  readonly listeners: readonly string[];
}

const SYSCTLS = ["all/rp_filter", "all/arp_ignore", "default/rp_filter", "all/forwarding"];

export async function traces(): Promise<Traces> {
  const links = JSON.parse(await must("ip", "-j", "link")) as Array<{ ifname: string; flags: string[] }>;
  const sysctls = await Promise.all(
    SYSCTLS.map((name) => readFile(`/proc/sys/net/ipv4/conf/${name}`, "utf8")),
  );
  return {
    links: links.map(({ ifname, flags }) => `${ifname} ${flags.join(" ")}`).join("\n"),
    rules: await must("nft", "list", "ruleset"),
    namespaces: await must("ip", "netns"),
    sysctls: sysctls.join(""),
    listeners: await canaries(),
  };
}

/** Command lines of listeners that tests of this kind start; another run on this machine has a mount namespace of its own. */
async function canaries(): Promise<string[]> {
  const here = readlinkSync("/proc/self/ns/mnt");
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && mountsOf(name) === here);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(PREFIX) && line.startsWith("socat"));
}

function mountsOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined; // it ended meanwhile
  }
}

const PREFIX = join(tmpdir(), "browservm-netns-");

export interface TestNetwork extends AsyncDisposable {
  readonly config: Config;
  readonly network: LinuxNetwork;
  readonly db: DatabaseSync;
  readonly runDir: string;
  /** As hostd after a restart: a second one over the same database and run directory. */
  reopen(options?: Partial<OpenNetworkOptions>): Promise<LinuxNetwork>;
}

/** A network in the current namespace, opened but not yet made; disposing takes it apart and looks for leftovers. */
export async function openTestNetwork(
  settings: Readonly<Record<string, unknown>> = {},
  options: Partial<OpenNetworkOptions> = {},
): Promise<TestNetwork> {
  const before = await traces();
  const runDir = mkdtempSync(PREFIX);
  const config = Config.parse({ runDir, network: { uplink: "none", cidr: "10.77.0.0/24", ...settings } });
  const db = openDatabase(join(runDir, "hostd.db"), slotMigrations);
  const log = pino({ level: "silent" });
  const opened: LinuxNetwork[] = [];
  const reopen = async (more: Partial<OpenNetworkOptions> = {}) => {
    const network = await openHostNetwork({ config, db, log, runDir, ...options, ...more });
    opened.push(network);
    return network;
  };
  const network = await reopen();
  return {
    config,
    network,
    db,
    runDir,
    reopen,
    async [Symbol.asyncDispose]() {
      await network.reclaim(new Set());
      await network.dismantle();
      for (const one of opened) await one[Symbol.asyncDispose]();
      db.close();
      rmSync(runDir, { recursive: true });
      expect(await traces()).toEqual(before);
    },
  };
}
