import { lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentLog } from "../agent-log.ts";
import { runOrThrow } from "../child.ts";
import { Standby } from "../process/standby.ts";
import { networkOfCommandLine } from "./command-line.ts";
import { downOrders, linkOrders } from "./link-orders.ts";
import { readLinks } from "./network-facts.ts";
import { type NetworkSettings, networkdFile, resolvConf } from "./network-settings.ts";

/** The initramfs writes the same file at boot, from the same words of the command line. */
const NETWORK_DIRECTORY = "/run/systemd/network";
const NETWORK_FILE = `${NETWORK_DIRECTORY}/10-browservm.network`;
const RESOLV_CONF = "/etc/resolv.conf";
/** As the host names the end of a veth that it brings. */
const CONTAINER_LINK = "eth0";
const COMMAND_MS = 30_000;
const APPLIED_MS = 20_000;
const ipBatch = new Standby("ip", ["-batch", "-"]);

/** At boot, where the initramfs has not done it: what the kernel's command line says, for the MAC that the link has. */
export async function applyCommandLine(log: AgentLog): Promise<void> {
  if (await exists(NETWORK_FILE)) return;
  const settings = networkOfCommandLine(await readFile("/proc/cmdline", "utf8"));
  if (!settings) {
    log.info("no ip= on the kernel command line: the network waits for the host");
    return;
  }
  const link = await guestLink();
  await writeFiles({ ...settings, mac: await macOf(link) });
  // Started before networkd it has only to be written; otherwise networkd is told.
  if (await exists("/run/systemd/netif/state")) await reloadNetworkd();
  log.info(`network from the kernel command line: ${settings.address}/${settings.prefix} on ${link}`);
}

/** From the host, after a restore above all: the MAC first, then the file for that MAC, and read back. */
export async function applyNetwork(settings: NetworkSettings, log: AgentLog): Promise<void> {
  const link = await guestLink();
  if ((await macOf(link)) !== settings.mac) {
    const input = `link set dev ${link} down\nlink set dev ${link} address ${settings.mac}\nlink set dev ${link} up\n`;
    await runOrThrow("ip", ["-batch", "-"], { input, timeoutMs: COMMAND_MS });
  }
  await writeFiles(settings);
  await reloadNetworkd();
  await waitApplied(settings);
  log.info(`network from the host: ${settings.address}/${settings.prefix} on ${link}`);
}

/**
 * Gives a link that networkd does not configure yet its MAC and address at once, in one program, and writes the file
 * for networkd, which is told of it when there is time (`reloadNetworkd`): it finds all as it would make it.
 */
export async function takeNetwork(
  settings: NetworkSettings,
  log: AgentLog,
): Promise<{ isUnsettled: boolean }> {
  if (await exists(NETWORK_FILE)) {
    await applyNetwork(settings, log);
    return { isUnsettled: false };
  }
  const link = await guestLink();
  await Promise.all([ipBatch.order(linkOrders(link, settings), COMMAND_MS), writeFiles(settings)]);
  log.info(`network of a new identity: ${settings.address}/${settings.prefix} on ${link}`);
  return { isUnsettled: true };
}

/** No link is up, none has an address, and networkd knows of none. */
export async function forgetNetwork(): Promise<void> {
  const wasManaged = await exists(NETWORK_FILE);
  await rm(NETWORK_FILE, { force: true });
  if (wasManaged) await reloadNetworkd();
  await runOrThrow("ip", ["-batch", "-"], { input: downOrders(await guestLink()), timeoutMs: COMMAND_MS });
  if (!(await isLink(RESOLV_CONF))) await writeFile(RESOLV_CONF, "");
  ipBatch.prepare();
}

/** What is known of neighbours is of another time. */
export async function forgetNeighbours(): Promise<void> {
  const input = `neighbour flush dev ${await guestLink()}\n`;
  await runOrThrow("ip", ["-batch", "-"], { input, timeoutMs: COMMAND_MS });
}

async function writeFiles(settings: NetworkSettings): Promise<void> {
  await mkdir(NETWORK_DIRECTORY, { recursive: true });
  await writeFile(NETWORK_FILE, networkdFile(settings), { mode: 0o644 });
  // Where it is a link to systemd-resolved's file, networkd tells resolved the servers.
  if (!(await isLink(RESOLV_CONF))) await writeFile(RESOLV_CONF, resolvConf(settings.dns));
}

/** networkctl speaks D-Bus; in an image without it networkd reads its files when it starts. */
export async function reloadNetworkd(): Promise<void> {
  const hasDbus = await exists("/run/dbus/system_bus_socket");
  const file = hasDbus ? "networkctl" : "systemctl";
  const args = hasDbus ? ["reload"] : ["restart", "systemd-networkd.service"];
  await runOrThrow(file, args, { timeoutMs: COMMAND_MS });
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

/** The one Ethernet link that is a device; with several, the first by name. In a container it is a veth, and no device. */
async function guestLink(): Promise<string> {
  const names = (await readdir("/sys/class/net")).toSorted();
  for (const name of names) {
    const device = await lstat(`/sys/class/net/${name}/device`).catch(() => undefined); // lo and bridges have none
    if (device) return name;
  }
  if (names.includes(CONTAINER_LINK)) return CONTAINER_LINK;
  throw new Error("this guest has no network device");
}

async function macOf(link: string): Promise<string> {
  return (await readFile(`/sys/class/net/${link}/address`, "utf8")).trim();
}

const isLink = async (path: string) => (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false; // not there

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
