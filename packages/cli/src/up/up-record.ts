import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { BrowserVmError, type Config, paths } from "@browservm/contract";
import { z } from "zod";

const Identity = z.object({ pid: z.int(), startTicks: z.string(), bootId: z.string() });
export type Identity = z.infer<typeof Identity>;

/** Who runs BrowserVM on this machine: `up` itself and its services, safe against pid re-use. */
const UpRecord = z.object({
  up: Identity,
  startedAt: z.iso.datetime(),
  services: z.record(z.string(), Identity),
  /** Services of killed runs before this one, until they are known to be gone. */
  leftovers: z.array(Identity).default([]),
});
export type UpRecord = z.infer<typeof UpRecord>;

/** The record as it lies there, of a living or a dead `up`; a damaged one counts as none. */
export function readUpRecord(config: Config): UpRecord | undefined {
  try {
    return UpRecord.parse(JSON.parse(readFileSync(paths(config).upPid, "utf8")));
  } catch {
    return undefined; // never started, or half a file of a machine that lost power
  }
}

/** The record of an `up` that lives. */
export async function runningUp(config: Config): Promise<UpRecord | undefined> {
  const { isAlive } = await import("@browservm/host/identity");
  const record = readUpRecord(config);
  return record && isAlive(record.up) ? record : undefined;
}

/** Writes who we are, and keeps what a killed `up` left. ALREADY_RUNNING when another `up` lives. */
export async function claimMachine(config: Config): Promise<UpRecord> {
  const { identify } = await import("@browservm/host/identity");
  const other = await runningUp(config);
  if (other)
    throw new BrowserVmError("ALREADY_RUNNING", `\`browservm up\` runs as pid ${other.up.pid}`, {
      pid: other.up.pid,
    });
  const up = identify(process.pid);
  if (!up) throw new Error("this process has no entry in /proc");
  const before = readUpRecord(config);
  const leftovers = before ? [...before.leftovers, ...Object.values(before.services)] : [];
  const record = { up, startedAt: new Date().toISOString(), services: {}, leftovers };
  writeUpRecord(config, record);
  return record;
}

export function writeUpRecord(config: Config, record: UpRecord): void {
  const file = paths(config).upPid;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

export function removeUpRecord(config: Config): void {
  rmSync(paths(config).upPid, { force: true });
}
