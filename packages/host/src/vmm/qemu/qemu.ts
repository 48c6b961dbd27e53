import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { requireSpace } from "../../files/disk-full.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { monitorSocketOf } from "../run-dir.ts";
import { Supervision } from "../supervision.ts";
import { linkExists } from "../tap-holder.ts";
import type { FrozenBy, VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { qemuArguments } from "./command-line.ts";
import { cpuName } from "./cpu-name.ts";
import { readFacts, requireSameMachine } from "./frozen-facts.ts";
import { GoldenMemories } from "./golden-memories.ts";
import { endsNow, gone, raceEnd } from "./launch-race.ts";
import { layoutName, layoutOf } from "./layout.ts";
import { largestFileBytes, memoryMaxBytes } from "./limits.ts";
import { loadState } from "./load-state.ts";
import { type Machine, machineFor } from "./machine.ts";
import { ANONYMOUS, type GuestMemory, hasMemoryFile, memoryFileOf } from "./memory.ts";
import { QemuMonitor } from "./qemu-monitor.ts";
import { QmpClient } from "./qmp-client.ts";
import { canReadMemoryOnly, type QemuVersion, readQemuVersion } from "./version.ts";

const MIB = 1024 * 1024;
/** Time for QEMU to open its sockets; a loaded machine needs seconds to load the program. */
const START_MS = 30_000;
/** And to load a state, for each MiB of memory: 20 MiB in a second. */
const LOAD_MS_PER_MIB = 50;
const POLL_MS = 5;

/** QEMU, with KVM or emulating, in a session, a cgroup and limits of its own. */
export class QemuDriver implements VmmDriver {
  readonly name = "qemu";
  readonly features = {
    snapshots: true,
    vsock: false,
    realGuest: true,
    port: "tap",
    isolation: "vm",
  } as const;
  readonly #machine: Machine;
  readonly #memories = new GoldenMemories();
  #version: Promise<QemuVersion> | undefined;

  constructor(arch: string = process.arch) {
    this.#machine = machineFor(arch);
  }

  async frozenBy(accelerator: VmmSpec["accelerator"]): Promise<FrozenBy> {
    const version = await this.version();
    const devices = layoutName(this.#machine, version, accelerator);
    return { vmm: version.text, cpu: `${await cpuName(this.#machine, accelerator)}, machine ${devices}` };
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const version = await this.version();
    // QEMU would silently make a TAP of that name, outside the bridge and the firewall.
    if (!(await linkExists(spec.address.tap))) {
      throw new BrowserVmError("LINK_NOT_FOUND", `there is no TAP ${spec.address.tap}`, {
        name: spec.address.tap,
      });
    }
    if (spec.restore) await this.#requireRestorable(spec, spec.restore.directory, version);
    const memory = await this.#memoryOf(progress, spec, version);
    await using undo = new UndoStack();
    const supervision = await Supervision.start(spec, {
      file: this.#machine.binary,
      args: qemuArguments(spec, this.#machine, version, memory),
      largestFileBytes: largestFileBytes(spec),
      memoryMaxBytes: memoryMaxBytes(spec),
    });
    undo.defer(async () => {
      await supervision.process.kill();
      await supervision.removeRemains();
    });
    const loadMs = spec.restore ? spec.memoryMib * LOAD_MS_PER_MIB : 0;
    const race = { progress, spec, supervision, withinMs: START_MS + loadMs };
    const qmp = await raceEnd(race, async (signal) => {
      const client = await connectWhenReady(spec.runDir, signal);
      undo.defer(() => client.close());
      const { restore } = spec;
      if (restore) await loadState(client, { version, signal, ...restore, memory });
      return client;
    });
    undo.keep();
    return new QemuMonitor(this.name, this.#machine, supervision, qmp);
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    if (!supervision) return undefined;
    const deadline = AbortSignal.timeout(START_MS);
    try {
      const qmp = await connectWhenReady(record.runDir, AbortSignal.any([deadline, gone(supervision)]));
      return new QemuMonitor(this.name, this.#machine, supervision, qmp);
    } catch (cause) {
      if (!deadline.aborted && (await endsNow(supervision))) return undefined;
      supervision.detach();
      throw new BrowserVmError(
        "VMM_PROTOCOL",
        "the VMM runs, but its monitor does not answer",
        { ...record.identity },
        { cause },
      );
    }
  }

  async warm(progress: Progress, directory: string): Promise<void> {
    if (!canReadMemoryOnly(await this.version())) await this.#memories.pathFor(progress, directory);
  }

  forget(directory: string): void {
    this.#memories.forget(directory);
  }

  /** Version of the installed QEMU, asked once. VMM_NOT_FOUND. */
  version(): Promise<QemuVersion> {
    this.#version ??= readQemuVersion(this.#machine);
    // Not remembered when it failed: QEMU may be installed while we run.
    this.#version.catch(() => {
      this.#version = undefined;
    });
    return this.#version;
  }

  async #memoryOf(progress: Progress, spec: VmmSpec, version: QemuVersion): Promise<GuestMemory> {
    const { freezeInto, restore, memoryMib } = spec;
    if (freezeInto !== undefined) return makeMemoryFile(freezeInto, memoryMib);
    if (!restore || !(await hasMemoryFile(restore.directory))) return ANONYMOUS;
    if (canReadMemoryOnly(version))
      return { kind: "private-view", path: memoryFileOf(restore.directory), readOnly: true };
    const path = await this.#memories.pathFor(progress, restore.directory);
    return { kind: "private-view", path, readOnly: false };
  }

  /** QEMU itself would find only some of it. */
  async #requireRestorable(spec: VmmSpec, directory: string, version: QemuVersion): Promise<void> {
    const cpu = await cpuName(this.#machine, spec.accelerator);
    const layout = layoutOf(qemuArguments(spec, this.#machine, version));
    requireSameMachine(await readFacts(directory), { vmm: version.text, cpu, layout });
  }
}

/** All holes. DISK_FULL where it could not be filled: QEMU would be killed (SIGBUS) in the middle of its guest's work. */
async function makeMemoryFile(directory: string, memoryMib: number): Promise<GuestMemory> {
  await requireSpace(directory, memoryMib);
  const path = memoryFileOf(directory);
  await using file = await open(path, "wx", 0o600);
  await file.truncate(memoryMib * MIB);
  return { kind: "written-file", path };
}

/** The sockets appear when QEMU has come far enough; the control channel's is bound before the monitor's answers. */
async function connectWhenReady(runDir: string, signal: AbortSignal): Promise<QmpClient> {
  for (;;) {
    try {
      return await QmpClient.connect(monitorSocketOf(runDir), signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The last: QEMU has not noticed yet that the client before us is gone.
      if (code !== "ENOENT" && code !== "ECONNREFUSED" && code !== "EAGAIN") throw error;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
