import { mkdir, rm } from "node:fs/promises";
import { silentProgress } from "@browservm/contract";
import { diskFull, requireSpace } from "../../files/disk-full.ts";
import type { Freezer, VmMonitor } from "../../vmm/vmm.ts";
import { explainExit } from "../introduce.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { frozenBy, type Owner } from "./frozen-by.ts";

/** With less, a VM is not even stopped. */
const ROOM_MIB = 64;

interface Freezing {
  readonly record: VmRecord;
  readonly monitor: VmMonitor & Freezer;
  /** Made anew. */
  readonly directory: string;
}

/**
 * Stops the guest and writes its memory and devices into `directory`. It stays stopped, also when this fails; then
 * nothing is left of the directory. Answers what it can be restored by. DISK_FULL, SNAPSHOT_UNSUPPORTED, VMM_DIED, what `freeze` says.
 */
export async function freezeInto(
  deps: VmDeps,
  signal: AbortSignal,
  { record, monitor, directory }: Freezing,
): Promise<Owner> {
  const owner = await frozenBy(deps, record);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    await requireSpace(directory, ROOM_MIB);
    await orDied(deps, record, monitor, monitor.freeze(silentProgress(signal), directory));
    signal.throwIfAborted();
    return owner;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw diskFull(error, directory);
  }
}

/** A VMM that ends meanwhile says more than whoever asked it. */
async function orDied(
  deps: VmDeps,
  record: VmRecord,
  monitor: VmMonitor,
  work: Promise<void>,
): Promise<void> {
  const death = monitor.exited.then(async (exit) => Promise.reject(await explainExit(deps, record, exit)));
  death.catch(() => {}); // only the race below listens
  await Promise.race([work, death]);
}
