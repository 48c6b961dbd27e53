import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VmId } from "@browservm/contract";
import { pino } from "pino";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import type { Image } from "../../packages/host/src/image/image.ts";
import type { GoldenSnapshot } from "../../packages/host/src/image/snapshot/snapshot.ts";
import { slotUid } from "../../packages/host/src/net/names.ts";
import { copySparse } from "../../packages/host/src/vm/restore.ts";
import { loadState } from "../../packages/host/src/vmm/qemu/load-state.ts";
import { machineFor } from "../../packages/host/src/vmm/qemu/machine.ts";
import { type GuestMemory, memoryFileOf } from "../../packages/host/src/vmm/qemu/memory.ts";
import { QmpClient } from "../../packages/host/src/vmm/qemu/qmp-client.ts";
import { readQemuVersion } from "../../packages/host/src/vmm/qemu/version.ts";
import { controlSocketOf, monitorSocketOf } from "../../packages/host/src/vmm/run-dir.ts";
import type { VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { startBareQemu } from "../vm/bare-qemu.ts";
import { BARE_ADDRESS, makeBareTap } from "./bare-tap-of-boot.ts";

const LIMIT_MS = 120_000;

export interface BareRestore {
  readonly image: Image;
  readonly snapshot: GoldenSnapshot;
  readonly accelerator: "kvm" | "tcg";
}

/**
 * The same state as ours, loaded by a QEMU that is started by exec alone: its disk and TAP are made beforehand, the
 * memory file is mapped as it is, nothing supervises it and it takes no identity. Milliseconds from its start until the
 * frozen agent answers.
 */
export async function bareRestore({ image, snapshot, accelerator }: BareRestore): Promise<number> {
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp("/tmp/bvb-");
  undo.defer(() => rm(directory, { recursive: true, force: true }));
  const spec = await writeFiles({ image, snapshot, accelerator }, directory);
  undo.use(makeBareTap());
  const version = await readQemuVersion(machineFor(process.arch));
  const memory: GuestMemory = { kind: "private-view", path: memoryFileOf(snapshot.frozen), readOnly: false };
  const qemu = undo.use(await startBareQemu(spec, memory));
  const signal = AbortSignal.timeout(LIMIT_MS);
  const qmp = await connectWhenReady(spec.runDir, signal);
  undo.defer(() => qmp.close());
  await loadState(qmp, { version, directory: snapshot.frozen, memory, signal });
  const log = pino({ level: "silent" });
  const guest = undo.use(connectGuest({ socketPath: controlSocketOf(spec.runDir), log }));
  await guest.connected(signal);
  return performance.now() - qemu.startedAt;
}

async function writeFiles(
  { image, snapshot, accelerator }: BareRestore,
  directory: string,
): Promise<VmmSpec> {
  const place = (name: string) => join(directory, name);
  await mkdir(place("run"), { mode: 0o700 });
  await copySparse(snapshot.overlay, place("overlay.img"));
  const { vcpus, memoryMib } = snapshot.basis.shape;
  return {
    vmId: VmId.parse("vm_0000000000000000bare"),
    vcpus,
    memoryMib,
    kernel: image.kernel,
    initrd: image.initrd,
    commandLine: image.commandLine,
    disks: [
      { path: image.rootfs, readOnly: true },
      { path: place("overlay.img"), readOnly: false },
    ],
    address: BARE_ADDRESS,
    mtu: snapshot.basis.mtu,
    uid: slotUid(BARE_ADDRESS.slot),
    runDir: place("run"),
    logs: { console: place("console.log"), vmm: place("vmm.log") },
    logLimitBytes: 2 * 1024 * 1024,
    accelerator,
    restore: { directory: snapshot.frozen, use: "shared" },
  };
}

async function connectWhenReady(runDir: string, signal: AbortSignal): Promise<QmpClient> {
  for (;;) {
    const client = await QmpClient.connect(monitorSocketOf(runDir), signal).catch(() => undefined); // not yet there
    if (client) return client;
    await sleep(2, undefined, { signal });
  }
}
