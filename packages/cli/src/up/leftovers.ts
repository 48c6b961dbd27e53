import { readdir } from "node:fs/promises";
import { type Config, paths } from "@browservm/contract";
import { endProcess } from "./service.ts";
import { readUpRecord, removeUpRecord } from "./up-record.ts";

const GRACE_MS = 10_000;

/** Ends the services that outlived a killed `up`. hostd lets its VMs run on: they are adopted by the next one. */
export async function endLeftovers(config: Config): Promise<void> {
  const record = readUpRecord(config);
  if (!record || record.up.pid === process.pid) return;
  for (const identity of Object.values(record.services)) await endProcess(identity, GRACE_MS);
  removeUpRecord(config);
}

/** Whether VMs may still run: each has a directory for its sockets. */
export async function hasVms(config: Config): Promise<boolean> {
  const entries = await readdir(paths(config).vmRun).catch(() => []); // no directory: nothing ever ran
  return entries.length > 0;
}
