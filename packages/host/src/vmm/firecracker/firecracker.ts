import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { UndoStack } from "../../process/undo-stack.ts";
import { hostCpu } from "../host-cpu.ts";
import { Supervision } from "../supervision.ts";
import { linkExists } from "../tap-holder.ts";
import type { FrozenBy, VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { ApiClient } from "./api-client.ts";
import { coldStartRequests, JAILED, type Tuning } from "./cold-start.ts";
import { DRIVER, FirecrackerMonitor } from "./firecracker-monitor.ts";
import { readFacts, requireSameMachine } from "./frozen-facts.ts";
import { unlinkFrozen } from "./frozen-files.ts";
import { fromHost, prepareJail, removeJail } from "./jail.ts";
import { jailerCommand } from "./jailer-command.ts";
import { bootableKernel } from "./kernel/bootable-kernel.ts";
import { type FirecrackerPrograms, findPrograms, KnownVersions, type ProgramSettings } from "./programs.ts";
import { limitRequests, loadRequest } from "./restore.ts";
import { answers, ended, raceEnd, START_MS } from "./starting.ts";
import { vmmName } from "./version.ts";

const GONE_MS = 5;

export interface FirecrackerOptions {
  readonly programs: ProgramSettings;
  readonly tuning: Tuning;
  /** As Node names it. */
  readonly arch?: string;
}

/** Firecracker in its jailer: KVM only, one jail and one unprivileged user per VM. See docs/firecracker.md. */
export class FirecrackerDriver implements VmmDriver {
  readonly name = DRIVER;
  readonly features = {
    snapshots: true,
    vsock: true,
    realGuest: true,
    port: "tap",
    isolation: "vm",
  } as const;
  readonly #options: FirecrackerOptions;
  readonly #versions = new KnownVersions();

  constructor(options: FirecrackerOptions) {
    this.#options = options;
  }

  /** The installed programs, looked for anew each time: they may be installed or replaced while we run. */
  programs(): Promise<FirecrackerPrograms> {
    return findPrograms(this.#options.programs, this.#versions);
  }

  async frozenBy(): Promise<FrozenBy> {
    const { version } = await this.programs();
    return { vmm: vmmName(version.text), cpu: await hostCpu() };
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const programs = await this.programs();
    await requirements(spec);
    if (spec.restore) {
      const frozen = await readFacts(spec.restore.directory);
      requireSameMachine(frozen, { vmm: vmmName(programs.version.text), cpu: await hostCpu() }, spec);
    }
    const kernel = spec.restore ? undefined : await bootableKernel(spec.kernel);
    await using undo = new UndoStack();
    const jail = await prepareJail(spec, programs, kernel);
    undo.defer(() => removeJail(jail));
    const supervision = await Supervision.start(spec, jailerCommand(spec, programs, jail));
    undo.defer(async () => {
      await supervision.process.kill();
      await supervision.removeRemains();
    });
    const api = new ApiClient(fromHost(spec.runDir, JAILED.api), spec.uid);
    undo.defer(() => api.close());
    await raceEnd(progress, supervision, spec, async (signal) => {
      await answers(api, signal);
      await (spec.restore ? this.#restore(spec, api, signal) : this.#boot(spec, programs, api, signal));
    });
    undo.keep();
    return new FirecrackerMonitor(supervision, api, {
      uid: spec.uid,
      becomesGolden: spec.freezeInto !== undefined,
    });
  }

  async #boot(
    spec: VmmSpec,
    { version }: FirecrackerPrograms,
    api: ApiClient,
    signal: AbortSignal,
  ): Promise<void> {
    const { arch = process.arch, tuning } = this.#options;
    for (const request of coldStartRequests({ spec, version, tuning, arch })) await api.put(request, signal);
  }

  async #restore(spec: VmmSpec, api: ApiClient, signal: AbortSignal): Promise<void> {
    await api.put(loadRequest(spec.address.tap), signal);
    for (const request of limitRequests(spec.disks.length, this.#options.tuning))
      await api.patch(request, signal);
    await unlinkFrozen(fromHost(spec.runDir, "/"));
    await api.patch({ path: "/vm", body: { state: "Resumed" } }, signal);
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    if (!supervision) return undefined;
    const { pid } = record.identity;
    const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? -1;
    const api = new ApiClient(fromHost(record.runDir, JAILED.api), owner);
    try {
      await answers(api, AbortSignal.any([AbortSignal.timeout(START_MS), ended(supervision)]));
      return new FirecrackerMonitor(supervision, api, { uid: owner, becomesGolden: false });
    } catch (cause) {
      await api.close();
      const gone = await Promise.race([supervision.process.exited.then(() => true), sleep(GONE_MS, false)]);
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
