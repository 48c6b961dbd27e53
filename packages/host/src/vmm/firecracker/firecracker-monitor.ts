import { BrowserVmError, CHANNEL_VSOCK_PORT, isBrowserVmError, type Progress } from "@browservm/contract";
import { diskFull, requireSpace } from "../../files/disk-full.ts";
import type { ExitStatus } from "../../process/detached.ts";
import { endOrKill } from "../end-or-kill.ts";
import { hostCpu } from "../host-cpu.ts";
import type { Supervision } from "../supervision.ts";
import type { Freezer, VmMonitor, VmmRecord } from "../vmm.ts";
import { InstanceInfo, VmConfig } from "./api.ts";
import { type ApiClient, FirecrackerFault } from "./api-client.ts";
import { JAILED } from "./cold-start.ts";
import { explainFault } from "./explain-fault.ts";
import { type FrozenFacts, writeFacts } from "./frozen-facts.ts";
import { digHoles, dropFrozen, takeOut } from "./frozen-files.ts";
import { fromHost } from "./jail.ts";
import { vmmName } from "./version.ts";

/** Writing the largest VM's memory (64 GiB) to a disk of 110 MiB per second. */
const FREEZE_MS = 600_000;
const CREATE = {
  path: "/snapshot/create",
  body: { snapshot_type: "Full", snapshot_path: JAILED.state, mem_file_path: JAILED.memory },
} as const;

export const DRIVER = "firecracker";

export interface Jailed {
  /** Of the jail's user. */
  readonly uid: number;
  /** It is frozen to be kept, and for many. */
  readonly becomesGolden: boolean;
}

/** One running Firecracker. */
export class FirecrackerMonitor implements VmMonitor, Freezer {
  readonly record: VmmRecord;
  readonly controlSocket: string;
  readonly controlVsockPort = CHANNEL_VSOCK_PORT;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  readonly #api: ApiClient;
  readonly #jailed: Jailed;
  #hasExited = false;
  /** Since it was stopped, as far as we know. */
  #wasSaved = false;

  constructor(supervision: Supervision, api: ApiClient, jailed: Jailed) {
    const { process, runDir } = supervision;
    this.record = { driver: DRIVER, identity: process.identity, runDir };
    this.controlSocket = fromHost(runDir, JAILED.vsock);
    this.#supervision = supervision;
    this.#api = api;
    this.#jailed = jailed;
    this.exited = process.exited.then(async (status) => {
      this.#hasExited = true;
      await api.close();
      await supervision.removeRemains();
      return status;
    });
  }

  async status(): Promise<string> {
    if (this.#hasExited) throw new BrowserVmError("VMM_DIED", "Firecracker has ended");
    const { state } = await this.#api.get("/", InstanceInfo);
    return state.toLowerCase();
  }

  async freeze(progress: Progress, directory: string): Promise<void> {
    progress.step("freeze");
    const signal = AbortSignal.any([progress.signal, AbortSignal.timeout(FREEZE_MS)]);
    const place = { jail: fromHost(this.record.runDir, "/"), directory };
    try {
      await dropFrozen(place); // of an earlier one that failed
      // Whatever comes of it, the guest stands still afterwards.
      await explained(this.#api.patch({ path: "/vm", body: { state: "Paused" } }));
      this.#wasSaved = false;
      const facts = await this.#facts(signal);
      // It writes every page, and would find out at the last one.
      await requireSpace(directory, facts.memoryMib);
      await explained(this.#save(signal));
      await takeOut(place, this.#jailed.uid);
      if (this.#jailed.becomesGolden) await digHoles(directory, { signal, timeoutMs: FREEZE_MS });
      await writeFacts(directory, facts);
    } catch (cause) {
      const dropped = dropFrozen(place);
      // What Firecracker still writes loses its name only when that ends, and nobody need wait for it.
      if (signal.aborted) dropped.catch(() => {});
      else await dropped;
      throw unfrozen(cause, signal, directory);
    }
  }

  async thaw(): Promise<void> {
    // It answers nothing while it still writes a snapshot that nobody waits for any more.
    const signal = AbortSignal.timeout(FREEZE_MS);
    const { state } = await this.#api.get("/", InstanceInfo, signal);
    // Not even told again to go on: see `#resetVsock`.
    if (state !== "Paused") return;
    if (!this.#wasSaved) await this.#resetVsock(signal);
    await explained(this.#api.patch({ path: "/vm", body: { state: "Resumed" } }, signal));
    this.#wasSaved = false;
  }

  async #facts(signal: AbortSignal): Promise<FrozenFacts> {
    const { vmm_version } = await this.#api.get("/", InstanceInfo, signal);
    const config = await this.#api.get("/vm/config", VmConfig, signal);
    const { vcpu_count, mem_size_mib } = config["machine-config"];
    return {
      ...{ version: 1, vmm: vmmName(vmm_version), cpu: await hostCpu() },
      ...{ vcpus: vcpu_count, memoryMib: mem_size_mib, disks: config.drives.length },
    };
  }

  async #save(signal: AbortSignal): Promise<void> {
    try {
      await this.#api.put(CREATE, signal);
      this.#wasSaved = true;
    } catch (error) {
      // It says so after it has saved the devices, and only then the files.
      this.#wasSaved = error instanceof FirecrackerFault;
      throw error;
    }
  }

  /**
   * Up to 1.16.1 a VM that goes on waits for its guest to say that it knows of the reset of its vsock, which only a
   * snapshot tells it; until then it hears nothing over it (firecracker#6100). A snapshot that finds no place for its
   * first file tells it, too.
   */
  async #resetVsock(signal: AbortSignal): Promise<void> {
    const nowhere = { snapshot_path: "/nowhere/state", mem_file_path: "/nowhere/memory" };
    const request = { path: "/snapshot/create", body: { snapshot_type: "Full", ...nowhere } } as const;
    await this.#api.put(request, signal).catch((error: unknown) => {
      if (!(error instanceof FirecrackerFault)) throw error;
    });
  }

  async shutdown(progress: Progress): Promise<ExitStatus> {
    // Not awaited: a VMM that does not answer must not outlast the caller's patience.
    void this.#pressKeys();
    return endOrKill(this, progress.signal);
  }

  async kill(): Promise<ExitStatus> {
    await this.#supervision.process.kill();
    return this.exited;
  }

  async detach(): Promise<void> {
    this.#supervision.detach();
    await this.#api.close();
  }

  /** Firecracker's only button, on x86: systemd reboots over it, which ends the VM. */
  async #pressKeys(): Promise<void> {
    try {
      await this.#api.put({ path: "/actions", body: { action_type: "SendCtrlAltDel" } });
    } catch {
      this.#supervision.process.signal("SIGTERM"); // no such button, or a VMM that does not answer
    } finally {
      this.#supervision.process.lookClosely();
    }
  }
}

/** Firecracker's refusals as typed errors. */
const explained = (asked: Promise<void>): Promise<void> =>
  asked.catch(async (error: unknown) => {
    throw error instanceof FirecrackerFault ? await explainFault(error) : error;
  });

function unfrozen(cause: unknown, signal: AbortSignal, directory: string): unknown {
  if (signal.aborted) {
    if (isBrowserVmError(signal.reason)) return signal.reason;
    return new BrowserVmError(
      "DEADLINE_EXCEEDED",
      "Firecracker does not end writing the VM's memory",
      {},
      { cause },
    );
  }
  // Firecracker says so of a path in its jail.
  return diskFull(cause, directory);
}
