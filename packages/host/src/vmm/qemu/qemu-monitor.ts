import { BrowserVmError, type Progress } from "@browservm/contract";
import type { ExitStatus } from "../../process/detached.ts";
import { endOrKill } from "../end-or-kill.ts";
import { controlSocketOf, monitorSocketOf } from "../run-dir.ts";
import type { Supervision } from "../supervision.ts";
import type { Freezer, VmMonitor, VmmRecord } from "../vmm.ts";
import { freeze } from "./freeze.ts";
import type { Machine } from "./machine.ts";
import { QmpClient } from "./qmp-client.ts";
import { Nothing, QueryStatus } from "./qmp-message.ts";

const RECONNECT_MS = 5000;

/** One running QEMU. */
export class QemuMonitor implements VmMonitor, Freezer {
  readonly record: VmmRecord;
  readonly controlSocket: string;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  readonly #machine: Machine;
  #qmp: QmpClient;

  constructor(driver: string, machine: Machine, supervision: Supervision, qmp: QmpClient) {
    const { process, runDir } = supervision;
    this.record = { driver, identity: process.identity, runDir };
    this.controlSocket = controlSocketOf(runDir);
    this.#machine = machine;
    this.#supervision = supervision;
    this.#qmp = qmp;
    this.#watch(qmp);
    this.exited = process.exited.then(async (status) => {
      this.#qmp.close();
      await supervision.removeRemains();
      return status;
    });
  }

  async status(): Promise<string> {
    const { status } = await (await this.#monitor()).execute("query-status", {}, QueryStatus);
    return status;
  }

  async freeze(progress: Progress, directory: string): Promise<void> {
    const { pid } = this.record.identity;
    await freeze(progress, { qmp: await this.#monitor(), pid, machine: this.#machine, directory });
  }

  async thaw(): Promise<void> {
    await (await this.#monitor()).execute("cont", {}, Nothing);
  }

  async shutdown(progress: Progress): Promise<ExitStatus> {
    // Not awaited: a VMM that does not answer must not outlast the caller's patience.
    void this.#pressPowerButton();
    return endOrKill(this, progress.signal);
  }

  async kill(): Promise<ExitStatus> {
    await this.#supervision.process.kill();
    return this.exited;
  }

  async detach(): Promise<void> {
    this.#supervision.detach();
    this.#qmp.close();
    await this.#qmp.closed;
  }

  /** A VMM whose monitor fails is asked by a signal; one that is gone needs neither. */
  async #pressPowerButton(): Promise<void> {
    try {
      await (await this.#monitor()).execute("system_powerdown", {}, Nothing);
    } catch {
      this.#supervision.process.signal("SIGTERM");
    }
  }

  /** The connection; made again when QEMU closed it over a protocol error. */
  async #monitor(): Promise<QmpClient> {
    if (this.#qmp.isOpen) return this.#qmp;
    const { runDir } = this.#supervision;
    try {
      this.#qmp = await QmpClient.connect(monitorSocketOf(runDir), AbortSignal.timeout(RECONNECT_MS));
    } catch (cause) {
      throw new BrowserVmError("VMM_DIED", "the VMM does not answer on its monitor", {}, { cause });
    }
    this.#watch(this.#qmp);
    return this.#qmp;
  }

  #watch(qmp: QmpClient): void {
    void qmp.closed.then(() => this.#supervision.process.lookClosely());
  }
}
