import { findProcesses } from "../process/find-processes.ts";
import { killAll } from "../process/kill-all.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";

export interface CleanUpOptions {
  readonly live?: LiveVm | undefined;
  /** Leaves console and VMM log for the one who asks why it failed. */
  readonly keepLogs: boolean;
}

type Subject = Pick<VmRecord, "id" | "vmm">;

/**
 * Takes a VM apart, in the order in which nothing in use is pulled away: process, control channel, TAP and rules,
 * address, files, image pin. What is already gone is fine, so it also finishes what a crash began.
 */
export async function cleanUp(
  deps: VmDeps,
  record: Subject,
  { live, keepLogs }: CleanUpOptions,
): Promise<void> {
  const { id } = record;
  await takeDown(deps, record, live);
  if (deps.network.addressOf(id)) deps.network.release(id);
  await deps.places.clear(id, { keepLogs });
  await deps.images.unpin(id);
  await deps.snapshots.unpin(id);
}

/** Ends what runs of a VM: process, control channel, TAP and rules. Its address, its files and its image stay its own. */
export async function takeDown(deps: VmDeps, record: Subject, live: LiveVm | undefined): Promise<void> {
  const address = deps.network.addressOf(record.id);
  if (address) deps.network.letGo(address);
  await endProcesses(deps, record, live);
  await live?.guest[Symbol.asyncDispose]();
  if (address) await deps.network.unplug(address);
}

async function endProcesses(deps: VmDeps, record: Subject, live: LiveVm | undefined): Promise<void> {
  const monitor = live?.monitor ?? (record.vmm && (await deps.driver.adopt(record.vmm)));
  await monitor?.kill();
  await monitor?.detach();
  // A crash between "started" and "written down" leaves a VMM that no record names; its run directory does.
  await killAll(await findProcesses(deps.places.of(record.id).runDir));
}
