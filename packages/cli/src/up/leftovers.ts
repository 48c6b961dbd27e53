import { readdir } from "node:fs/promises";
import { type Config, paths } from "@browservm/contract";
import { endProcess } from "./service.ts";
import { type UpRecord, writeUpRecord } from "./up-record.ts";

const GRACE_MS = 10_000;

/** Ends the services that outlived a killed `up`. hostd lets its VMs run on: they are adopted by the next one. */
export async function endLeftovers(config: Config, record: UpRecord): Promise<void> {
  for (const identity of record.leftovers) await endProcess(identity, GRACE_MS);
  record.leftovers = [];
  writeUpRecord(config, record);
}

/** Whether VMs may still run: each has a directory for its sockets. */
export async function hasVms(config: Config): Promise<boolean> {
  const entries = await readdir(paths(config).vmRun).catch(() => []); // no directory: nothing ever ran
  return entries.length > 0;
}
