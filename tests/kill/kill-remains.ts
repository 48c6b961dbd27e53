import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { paths } from "@browservm/contract";
import type { KillMachine } from "./kill-machine.ts";

const CGROUPS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/** What there is of VMs on a machine on which nobody should have one: all lists are empty. */
export async function remainsOf(machine: KillMachine): Promise<Record<string, readonly string[]>> {
  const { directory, config } = machine;
  const place = paths(config);
  const { data: sessions } = await machine.client.sessions.list();
  const live = sessions.filter(({ status }) => status !== "ended" && status !== "failed");
  return {
    sessions: live.map(({ id, status }) => `${id} ${status}`),
    vms: (await machine.host.listVms()).map(({ id, state }) => `${id} ${state}`),
    taps: inside(machine, "ip", "-o", "link").filter((line) => line.includes(" bv-")),
    elements: inside(machine, "nft", "list", "ruleset").filter((line) => /"bv-\d+"/.test(line)),
    namespaces: namespaces().filter((name) => name !== config.network.namespaceName),
    processes: commandLines().filter((line) => line.includes(`${directory}/r/vm/`)),
    cgroups: cgroupsOf(rowsOf(place.controllerDatabase, "session").join()),
    files: filesBelow(directory, [place.images, place.failures]).filter((name) => !isKnown(name)),
    slots: rowsOf(place.hostDatabase, "slot WHERE vm_id IS NOT NULL"),
    rows: rowsOf(place.hostDatabase, "vm"),
    leases: rowsOf(place.controllerDatabase, `connection_lease WHERE expires_ms > ${Date.now()}`),
  };
}

/** What every machine has, with VMs or without. */
const isKnown = (path: string): boolean =>
  /^s\/(hostd\/hostd\.db|controller\/controller\.db)(-wal|-shm)?$/.test(path) ||
  /^s\/controller\/vault\.key$/.test(path) ||
  /^s\/logs\/(hostd|gateway|controller|web)\.log$/.test(path) ||
  /^r\/(up\.json|sysctls\.json|hostd\.sock|(hostd|gateway|controller)\.config\.json|ctl\/(controller|gateway)\.sock)$/.test(
    path,
  ) ||
  path === "w/web" ||
  /^(s\/cache|r\/canary)\//.test(path);

/** Files in which one of these stands: none may. */
export function filesWith(directory: string, secrets: Iterable<string>): string[] {
  const needles = [...secrets].flatMap((secret) => [
    Buffer.from(secret),
    Buffer.from(Buffer.from(secret).toString("base64").replace(/=+$/, "")),
  ]);
  return filesBelow(directory, []).filter((path) => {
    const whole = join(directory, path);
    if (!statSync(whole).isFile()) return false;
    const content = readFileSync(whole);
    return needles.some((needle) => content.includes(needle));
  });
}

function inside({ config }: KillMachine, ...command: string[]): string[] {
  const enter = `--net=/run/netns/${config.network.namespaceName}`;
  return execFileSync("nsenter", [enter, ...command], { encoding: "utf8" }).split("\n");
}

/** Others may have VMs on this machine, too. */
const cgroupsOf = (sessions: string): string[] =>
  CGROUPS.flatMap(list).filter((name) => /^vm_/.test(name) && sessions.includes(name));

const namespaces = (): string[] =>
  execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter(Boolean);

const list = (directory: string): string[] => {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).map(
      (path) => path.split("/").at(-1) ?? "",
    );
  } catch {
    return []; // this machine has none
  }
};

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 200);
      } catch {
        return ""; // it ended meanwhile
      }
    });
}

/** Everything but directories, and what lies below those that are left out. Node's own recursion follows links out of here. */
function filesBelow(directory: string, without: readonly string[], top = directory): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) return [relative(top, path)];
    return without.includes(path) ? [] : filesBelow(path, without, top);
  });
}

function rowsOf(path: string, from: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare(`SELECT * FROM ${from}`)
      .all()
      .map((row) => JSON.stringify(row));
  } finally {
    db.close();
  }
}
