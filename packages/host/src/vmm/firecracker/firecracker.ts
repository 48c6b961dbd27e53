import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import type { PipeBounds } from "../../logs/pipe-log.ts";
import { tail } from "../../logs/tail.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { Supervision } from "../supervision.ts";
import { linkExists } from "../tap-holder.ts";
import type { VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { InstanceInfo } from "./api.ts";
import { ApiClient, FirecrackerFault } from "./api-client.ts";
import { coldStartRequests, JAILED, type Tuning } from "./cold-start.ts";
import { explainFault } from "./explain-fault.ts";
import { FirecrackerMonitor } from "./firecracker-monitor.ts";
import { fromHost, type Jail, jailIdOf, prepareJail, removeJail } from "./jail.ts";
import { bootableKernel } from "./kernel/bootable-kernel.ts";
import { type FirecrackerPrograms, findPrograms, type ProgramSettings } from "./programs.ts";

const MIB = 1024 * 1024;
/** Time for jailer and Firecracker to open the API; both take milliseconds on an idle machine. */
const START_MS = 30_000;
const POLL_MS = 5;
/** What Firecracker needs beside the guest's memory: code, queues, page tables. */
const OVERHEAD_MIB = 128;
/** A snapshot's state file is far below this. */
const STATE_MIB = 64;
/** Metrics are one line of about 6 KiB a minute. */
const METRICS_BYTES = 256 * 1024;

export interface FirecrackerOptions {
  readonly programs: ProgramSettings;
  readonly tuning: Tuning;
  /** As Node names it. */
  readonly arch?: string;
}

/** Firecracker in its jailer: KVM only, one jail and one unprivileged user per VM. See docs/firecracker.md. */
export class FirecrackerDriver implements VmmDriver {
  readonly name = "firecracker";
  readonly features = { snapshots: false, pause: false, vsock: true, realGuest: true };
  readonly #options: FirecrackerOptions;

  constructor(options: FirecrackerOptions) {
    this.#options = options;
  }

  /** The installed programs, looked at anew each time: they may be installed or replaced while we run. */
  programs(): Promise<FirecrackerPrograms> {
    return findPrograms(this.#options.programs);
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const programs = await this.programs();
    await requirements(spec);
    const kernel = await bootableKernel(spec.kernel);
    await using undo = new UndoStack();
    const jail = await prepareJail(spec, programs, kernel);
    undo.defer(() => removeJail(jail));
    const supervision = await Supervision.start(spec, supervised(spec, programs, jail));
    undo.defer(async () => {
      await supervision.process.kill();
      await supervision.removeRemains();
    });
    const api = new ApiClient(fromHost(spec.runDir, JAILED.api), spec.uid);
    undo.defer(() => api.close());
    const { arch = process.arch, tuning } = this.#options;
    const requests = coldStartRequests({ spec, version: programs.version, tuning, arch });
    await raceEnd(progress, supervision, spec, async (signal) => {
      await answers(api, signal);
      for (const request of requests) await api.put(request, signal);
    });
    undo.keep();
    return new FirecrackerMonitor(this.name, supervision, api);
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    if (!supervision) return undefined;
    const { pid } = record.identity;
    const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
    const api = new ApiClient(fromHost(record.runDir, JAILED.api), owner ?? -1);
    try {
      await answers(api, AbortSignal.any([AbortSignal.timeout(START_MS), ended(supervision)]));
      return new FirecrackerMonitor(this.name, supervision, api);
    } catch (cause) {
      await api.close();
      const gone = await Promise.race([supervision.process.exited.then(() => true), sleep(POLL_MS, false)]);
      if (gone) {
        await supervision.removeRemains();
        return undefined;
      }
      supervision.detach();
      throw new BrowserVmError(
        "VMM_PROTOCOL",
        "the VMM runs, but its API does not answer",
        { pid },
        { cause },
      );
    }
  }
}

async function requirements({ accelerator, address }: VmmSpec): Promise<void> {
  if (accelerator !== "kvm")
    throw new BrowserVmError("KVM_UNAVAILABLE", "Firecracker runs guests with KVM only", { accelerator });
  // With a jail's user Firecracker could only say "not permitted".
  if (!(await linkExists(address.tap)))
    throw new BrowserVmError("LINK_NOT_FOUND", `there is no TAP ${address.tap}`, { name: address.tap });
}

function supervised(spec: VmmSpec, { firecracker, jailer }: FirecrackerPrograms, jail: Jail) {
  const disks = spec.disks.filter(({ readOnly }) => !readOnly).map(({ path }) => statSync(path).size);
  const metrics = join(dirname(spec.logs.console), "metrics.log");
  const pipes: PipeBounds[] = [
    { pipe: jail.pipes.console, log: spec.logs.console, limitBytes: spec.logLimitBytes },
    { pipe: jail.pipes.log, log: spec.logs.vmm, limitBytes: spec.logLimitBytes },
    { pipe: jail.pipes.metrics, log: metrics, limitBytes: METRICS_BYTES },
  ];
  return {
    file: jailer,
    args: [...jailerArguments(spec, firecracker, jail), "--", ...firecrackerArguments()],
    // A write beyond the limit would end Firecracker (signal_handler.rs, SIGXFSZ): it also writes whole snapshots.
    largestFileBytes: Math.max((spec.memoryMib + STATE_MIB) * MIB, ...disks),
    memoryMaxBytes: (spec.memoryMib + OVERHEAD_MIB) * MIB,
    pipes,
    jail: jail.base,
  };
}

/** Cgroup, limits and network namespace are those that the jailer is started in (supervision.ts). */
const jailerArguments = ({ vmId, uid }: VmmSpec, firecracker: string, { base }: Jail): string[] => [
  ...["--id", jailIdOf(vmId), "--exec-file", firecracker, "--chroot-base-dir", base],
  ...["--uid", String(uid), "--gid", String(uid)],
];

/** Without `--no-seccomp`: the default filters stay. PCI, because our images are only built with its drivers. */
const firecrackerArguments = (): string[] => [
  ...["--api-sock", JAILED.api, "--enable-pci"],
  ...["--log-path", JAILED.log, "--level", "Info", "--show-level"],
  ...["--metrics-path", JAILED.metrics],
];

function ended({ process }: Supervision): AbortSignal {
  const controller = new AbortController();
  void process.exited.then(() => controller.abort());
  return controller.signal;
}

/** The socket appears once Firecracker has started, and is there a moment before it is listened on. */
async function answers(api: ApiClient, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      if (api.isThere) return void (await api.get("/", InstanceInfo, signal));
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  error.cause.code === "ECONNREFUSED";

/** Does what is asked of a starting VMM; its early end, or its refusal, becomes a typed error. */
async function raceEnd(
  progress: Progress,
  supervision: Supervision,
  spec: VmmSpec,
  ask: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const deadline = AbortSignal.timeout(START_MS);
  const end = ended(supervision);
  try {
    await ask(AbortSignal.any([progress.signal, deadline, end]));
  } catch (cause) {
    if (cause instanceof FirecrackerFault) throw await explainFault(cause, spec.address.tap);
    progress.signal.throwIfAborted();
    const printed = await tail(spec.logs.vmm, 50);
    if (deadline.aborted)
      throw new BrowserVmError(
        "DEADLINE_EXCEEDED",
        "Firecracker does not answer",
        { stderr: printed },
        { cause },
      );
    const exit = await Promise.race([supervision.process.exited, sleep(START_MS / 30, undefined)]);
    if (!exit) throw cause;
    const how = exit.signal ? `by ${exit.signal}` : `exit status ${exit.code}`;
    throw new BrowserVmError(
      "VMM_EXITED_EARLY",
      `Firecracker ended (${how}): ${printed.at(-1) ?? "it said nothing"}`,
      { stderr: printed.slice(-20), ended: how },
      { cause },
    );
  }
}
