import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { tail } from "../../logs/tail.ts";
import type { ExitStatus } from "../../process/detached.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { monitorSocketOf } from "../run-dir.ts";
import { Supervision } from "../supervision.ts";
import { linkExists } from "../tap-holder.ts";
import type { VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { qemuArguments, translationCacheMib } from "./command-line.ts";
import { startupError } from "./explain-startup.ts";
import { type Machine, machineFor } from "./machine.ts";
import { QemuMonitor } from "./qemu-monitor.ts";
import { QmpClient } from "./qmp-client.ts";
import { type QemuVersion, readQemuVersion } from "./version.ts";

const MIB = 1024 * 1024;
/** Time for QEMU to open its sockets; a loaded machine needs seconds to load the program. */
const START_MS = 30_000;
const POLL_MS = 15;
const LAST_BREATH_MS = 1000;
/** What QEMU needs beside the guest's memory: code, device state, page tables, I/O buffers. */
const OVERHEAD_MIB = 256;

export class QemuDriver implements VmmDriver {
  readonly name = "qemu";
  readonly features = { snapshots: false, pause: false, vsock: false, realGuest: true };
  readonly #machine: Machine;
  #version: Promise<QemuVersion> | undefined;

  constructor(arch: string = process.arch) {
    this.#machine = machineFor(arch);
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const version = await this.version();
    // QEMU would silently make a TAP of that name, outside the bridge and the firewall.
    if (!(await linkExists(spec.address.tap))) {
      throw new BrowserVmError("LINK_NOT_FOUND", `there is no TAP ${spec.address.tap}`, {
        name: spec.address.tap,
      });
    }
    await using undo = new UndoStack();
    const supervision = await Supervision.start(spec, {
      file: this.#machine.binary,
      args: qemuArguments(spec, this.#machine, version),
      largestFileBytes: largestDiskBytes(spec),
      memoryMaxBytes: memoryMaxBytes(spec),
    });
    undo.defer(async () => {
      await supervision.process.kill();
      await supervision.removeRemains();
    });
    const qmp = await this.#firstAnswer(progress, spec, supervision);
    undo.keep();
    return new QemuMonitor(this.name, supervision, qmp);
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    if (!supervision) return undefined;
    const deadline = AbortSignal.timeout(START_MS);
    try {
      const qmp = await connectWhenReady(record.runDir, AbortSignal.any([deadline, gone(supervision)]));
      return new QemuMonitor(this.name, supervision, qmp);
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

  /** Version of the installed QEMU, asked once. VMM_NOT_FOUND. */
  version(): Promise<QemuVersion> {
    this.#version ??= readQemuVersion(this.#machine);
    // Not remembered when it failed: QEMU may be installed while we run.
    this.#version.catch(() => {
      this.#version = undefined;
    });
    return this.#version;
  }

  /** Races "the monitor answers" against "it ended" and the caller's patience. */
  async #firstAnswer(progress: Progress, spec: VmmSpec, supervision: Supervision): Promise<QmpClient> {
    const deadline = AbortSignal.timeout(START_MS);
    const ended = gone(supervision);
    try {
      return await connectWhenReady(spec.runDir, AbortSignal.any([progress.signal, deadline, ended]));
    } catch (cause) {
      const closed = !progress.signal.aborted && !deadline.aborted;
      const hasEnded = ended.aborted || (closed && (await endsNow(supervision)));
      const printed = await tail(spec.logs.vmm, 50);
      if (hasEnded)
        throw await startupError(printed, describeExit(await supervision.process.exited), spec.address.tap);
      progress.signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw new BrowserVmError(
        "DEADLINE_EXCEEDED",
        "QEMU does not answer on its monitor",
        { stderr: printed },
        { cause },
      );
    }
  }
}

/** Aborts when the process has ended. */
function gone({ process }: Supervision): AbortSignal {
  const ended = new AbortController();
  void process.exited.then(() => ended.abort());
  return ended.signal;
}

/** A VMM that ends closes its sockets first: whether its end follows. */
async function endsNow({ process }: Supervision): Promise<boolean> {
  process.lookClosely();
  return Promise.race([process.exited.then(() => true), sleep(LAST_BREATH_MS, false)]);
}

/** The sockets appear when QEMU has come far enough; the control channel's is bound before the monitor's answers. */
async function connectWhenReady(runDir: string, signal: AbortSignal): Promise<QmpClient> {
  for (;;) {
    try {
      return await QmpClient.connect(monitorSocketOf(runDir), signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ECONNREFUSED") throw error;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

const describeExit = ({ code, signal }: ExitStatus): string =>
  signal ? `by ${signal}` : `exit status ${code}`;

function largestDiskBytes({ disks }: VmmSpec): number {
  const sizes = disks.filter(({ readOnly }) => !readOnly).map(({ path }) => statSync(path).size);
  return Math.max(0, ...sizes);
}

function memoryMaxBytes({ memoryMib, accelerator }: VmmSpec): number {
  const translation = accelerator === "tcg" ? translationCacheMib(memoryMib) : 0;
  return (memoryMib + OVERHEAD_MIB + translation) * MIB;
}
