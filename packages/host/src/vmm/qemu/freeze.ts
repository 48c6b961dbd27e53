import { type FileHandle, open, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { diskFull } from "../../files/disk-full.ts";
import { factsFileOf } from "../facts-file.ts";
import { cpuName } from "./cpu-name.ts";
import { stateFileOf, writeFacts } from "./frozen-facts.ts";
import { layoutOfProcess } from "./layout.ts";
import { lendFile } from "./lend-file.ts";
import type { Machine } from "./machine.ts";
import { memoryFileOf } from "./memory.ts";
import type { QmpClient } from "./qmp-client.ts";
import { Nothing, QueryKvm, QueryMemdev, QueryMigrate, QueryVersion } from "./qmp-message.ts";
import { type QemuVersion, runningVersion } from "./version.ts";

const MIB = 1024 * 1024;
/** A disk that writes less than 20 MiB in a second is broken, or shared by too many. */
const PATIENCE_MS = { always: 30_000, perMib: 50 } as const;
const POLL_MS = 5;
/** Without a limit of its own QEMU would write 128 MiB in a second. */
const BYTES_PER_SECOND = 2 ** 40;

export interface FreezeOptions {
  readonly qmp: QmpClient;
  readonly pid: number;
  readonly machine: Machine;
  readonly directory: string;
}

/** Stops the guest, and writes device state and memory. On failure nothing is left of what was written. */
export async function freeze(progress: Progress, options: FreezeOptions): Promise<void> {
  const { qmp, directory } = options;
  progress.step("freeze");
  await qmp.execute("stop", {}, Nothing);
  try {
    await writeAll(progress, options);
  } catch (error) {
    for (const path of [stateFileOf(directory), factsFileOf(directory)]) await rm(path, { force: true });
    throw diskFull(inErrno(error), directory);
  }
}

async function writeAll(progress: Progress, { qmp, pid, machine, directory }: FreezeOptions): Promise<void> {
  const version = runningVersion(await qmp.execute("query-version", {}, QueryVersion));
  const { enabled } = await qmp.execute("query-kvm", {}, QueryKvm);
  const memory = await memoryOf(qmp);
  const memoryFile = memory.isShared ? await open(memoryFileOf(directory), "r") : undefined;
  await using _ = memoryFile;
  await using state = await open(stateFileOf(directory), "wx", 0o600);
  await prepareMigration(qmp, memory.isShared);
  const patienceMs = PATIENCE_MS.always + (memory.bytes / MIB) * PATIENCE_MS.perMib;
  await migrate(progress, qmp, { version, state, patienceMs });
  progress.step("write to disk");
  for (const file of [state, memoryFile]) await makeLasting(file);
  const { size } = await state.stat();
  await writeFacts(directory, {
    version: 1,
    vmm: version.text,
    cpu: await cpuName(machine, enabled ? "kvm" : "tcg"),
    layout: layoutOfProcess(pid),
    stateBytes: size,
    ...(memoryFile ? { memoryBytes: (await memoryFile.stat()).size } : {}),
  });
}

/** What QEMU itself says of its memory: whether a file outside holds it, and how much it is. */
async function memoryOf(qmp: QmpClient): Promise<{ isShared: boolean; bytes: number }> {
  const devices = await qmp.execute("query-memdev", {}, QueryMemdev);
  return {
    isShared: devices.some(({ share }) => share),
    bytes: devices.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Named each time: a QEMU that was restored from a memory file still has that capability. */
async function prepareMigration(qmp: QmpClient, ignoreShared: boolean): Promise<void> {
  const capabilities = [{ capability: "x-ignore-shared", state: ignoreShared }];
  await qmp.execute("migrate-set-capabilities", { capabilities }, Nothing);
  await qmp.execute("migrate-set-parameters", { "max-bandwidth": BYTES_PER_SECOND }, Nothing);
}

interface Migration {
  readonly version: QemuVersion;
  readonly state: FileHandle;
  readonly patienceMs: number;
}

async function migrate(
  progress: Progress,
  qmp: QmpClient,
  { version, state, patienceMs }: Migration,
): Promise<void> {
  await using file = await lendFile(qmp, version, state.fd);
  await qmp.execute("migrate", { uri: file.uri }, Nothing);
  const deadline = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([progress.signal, deadline]);
  for (;;) {
    const { status, "error-desc": why = "it does not say why" } = await migration(qmp);
    if (status === "completed") return;
    if (status === "failed")
      throw new BrowserVmError("VMM_PROTOCOL", `QEMU could not write its state: ${why}`);
    if (signal.aborted) break;
    await sleep(POLL_MS);
  }
  await cancel(qmp);
  progress.signal.throwIfAborted();
  throw new BrowserVmError("DEADLINE_EXCEEDED", "QEMU does not come to an end with writing its state", {
    patienceMs,
  });
}

const migration = (qmp: QmpClient) => qmp.execute("query-migrate", {}, QueryMigrate);

/** Settles when QEMU writes no more. */
async function cancel(qmp: QmpClient): Promise<void> {
  await qmp.execute("migrate_cancel", {}, Nothing);
  const deadline = AbortSignal.timeout(PATIENCE_MS.always);
  const ended: ReadonlyArray<string | undefined> = ["cancelled", "failed", "completed"];
  while (!ended.includes((await migration(qmp)).status))
    await sleep(POLL_MS, undefined, { signal: deadline });
}

/** On the disk, and from now on for reading only: a VMM that still has it open is ended next. */
async function makeLasting(file: FileHandle | undefined): Promise<void> {
  await file?.sync();
  await file?.chmod(0o400);
}

/** QEMU tells why its write failed in its own words; 7.2 tells nothing but that it did. */
function inErrno(error: unknown): unknown {
  if (!(error instanceof Error && /No space left on device/i.test(error.message))) return error;
  return Object.assign(new Error(error.message, { cause: error }), { code: "ENOSPC" });
}
