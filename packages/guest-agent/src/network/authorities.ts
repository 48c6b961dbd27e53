import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Programs that configure links, by the kernel's name of their process (15 characters, proc_pid_comm(5)). */
const BY_PROCESS: Readonly<Record<string, string>> = {
  "systemd-network": "systemd-networkd",
  NetworkManager: "NetworkManager",
  dhclient: "dhclient",
  dhcpcd: "dhcpcd",
  udhcpc: "udhcpc",
  connmand: "connman",
  wickedd: "wicked",
};

/** Who configures links in this guest, sorted. More than one is a fault. `root` is another root in tests. */
export async function findAuthorities(root = "/"): Promise<string[]> {
  const found = new Set<string>();
  for (const name of await processNames(root)) {
    const authority = Object.hasOwn(BY_PROCESS, name) ? BY_PROCESS[name] : undefined;
    if (authority) found.add(authority);
  }
  // ifupdown leaves no process behind, only its state: "eth0=eth0".
  const ifstate = await readFile(join(root, "run/network/ifstate"), "utf8").catch(() => "");
  if (/^(?!lo=)\S+=/m.test(ifstate)) found.add("ifupdown");
  if (await exists(join(root, "run/cloud-init/enabled"))) found.add("cloud-init");
  return [...found].toSorted();
}

async function processNames(root: string): Promise<string[]> {
  const pids = (await readdir(join(root, "proc"))).filter((name) => /^\d+$/.test(name));
  // A process may end between the listing and the look.
  const read = (pid: string) => readFile(join(root, "proc", pid, "comm"), "utf8").catch(() => "");
  return (await Promise.all(pids.map(read))).map((name) => name.trim());
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
