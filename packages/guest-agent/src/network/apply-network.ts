import { lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentLog } from "../agent-log.ts";
import { runOrThrow } from "../child.ts";
import { networkOfCommandLine } from "./command-line.ts";
import { readLinks } from "./network-facts.ts";
import { type NetworkSettings, networkdFile, resolvConf } from "./network-settings.ts";

const NETWORK_DIRECTORY = "/etc/systemd/network";
const NETWORK_FILE = `${NETWORK_DIRECTORY}/10-browservm.network`;
const RESOLV_CONF = "/etc/resolv.conf";
const COMMAND_MS = 30_000;
const APPLIED_MS = 20_000;

/** At boot: what the kernel's command line says, for the MAC that the link has. */
export async function applyCommandLine(log: AgentLog): Promise<void> {
  const settings = networkOfCommandLine(await readFile("/proc/cmdline", "utf8"));
  if (!settings) {
    log.info("no ip= on the kernel command line: the network waits for the host");
    return;
  }
  const link = await guestLink();
  const mac = (await readFile(`/sys/class/net/${link}/address`, "utf8")).trim();
  const isNew = await writeFiles({ ...settings, mac });
  // Started before networkd it has only to be written; otherwise networkd is told.
  if (isNew && (await isNetworkdUp())) await reloadNetworkd();
  log.info(`network from the kernel command line: ${settings.address}/${settings.prefix} on ${link}`);
}

/** From the host, after a restore above all: the MAC first, then the file for that MAC, and read back. */
export async function applyNetwork(settings: NetworkSettings, log: AgentLog): Promise<void> {
  const link = await guestLink();
  const mac = (await readFile(`/sys/class/net/${link}/address`, "utf8")).trim();
  if (mac !== settings.mac) {
    const input = `link set dev ${link} down\nlink set dev ${link} address ${settings.mac}\nlink set dev ${link} up\n`;
    await runOrThrow("ip", ["-batch", "-"], { input, timeoutMs: COMMAND_MS });
  }
  await writeFiles(settings);
  await reloadNetworkd();
  await waitApplied(settings);
  log.info(`network from the host: ${settings.address}/${settings.prefix} on ${link}`);
}

/** True when the link's file is new or other than it was. */
async function writeFiles(settings: NetworkSettings): Promise<boolean> {
  const text = networkdFile(settings);
  const old = await readFile(NETWORK_FILE, "utf8").catch(() => ""); // none yet
  if (settings.dns.length > 0 && (await isPlainFile(RESOLV_CONF))) {
    await writeFile(RESOLV_CONF, resolvConf(settings.dns));
  }
  if (old === text) return false;
  await mkdir(NETWORK_DIRECTORY, { recursive: true });
  await writeFile(NETWORK_FILE, text, { mode: 0o644 });
  return true;
}

/** A link to systemd-resolved's file is left alone: resolved is told the servers by networkd. */
async function isPlainFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => true, // absent: it will be a plain file
  );
}

async function isNetworkdUp(): Promise<boolean> {
  return lstat("/run/systemd/netif/state").then(
    () => true,
    () => false,
  );
}

async function reloadNetworkd(): Promise<void> {
  await runOrThrow("networkctl", ["reload"], { timeoutMs: COMMAND_MS });
}

async function waitApplied({ mac, address, prefix }: NetworkSettings): Promise<void> {
  const end = performance.now() + APPLIED_MS;
  while (performance.now() < end) {
    const link = (await readLinks()).find((found) => found.mac === mac);
    if (link?.up && link.addresses.includes(`${address}/${prefix}`)) return;
    await sleep(100);
  }
  throw new Error(`the link did not get ${address}/${prefix} within ${APPLIED_MS} ms`);
}

/** The one Ethernet link that is a device; with several, the first by name. */
async function guestLink(): Promise<string> {
  const names = (await readdir("/sys/class/net")).toSorted();
  for (const name of names) {
    const device = await lstat(`/sys/class/net/${name}/device`).catch(() => undefined); // lo and bridges have none
    if (device) return name;
  }
  throw new Error("this guest has no network device");
}
