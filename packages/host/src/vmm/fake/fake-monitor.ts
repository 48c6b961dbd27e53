import { BrowserVmError, type Progress } from "@browservm/contract";
import type { ExitStatus } from "../../process/detached.ts";
import { endOrKill } from "../end-or-kill.ts";
import { controlSocketOf, fakeChangesOf } from "../run-dir.ts";
import type { Supervision } from "../supervision.ts";
import type { VmMonitor, VmmRecord } from "../vmm.ts";
import { readChanges } from "./changes.ts";

/** One running fake VMM. */
export class FakeMonitor implements VmMonitor {
  readonly record: VmmRecord;
  readonly controlSocket: string;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  #hasExited = false;

  constructor(driver: string, supervision: Supervision) {
    const { process, runDir } = supervision;
    this.record = { driver, identity: process.identity, runDir };
    this.controlSocket = controlSocketOf(runDir);
    this.#supervision = supervision;
    this.exited = process.exited.then(async (status) => {
      this.#hasExited = true;
      await supervision.removeRemains();
      return status;
    });
  }

  async status(): Promise<string> {
    if (this.#hasExited) throw new BrowserVmError("VMM_DIED", "the fake VMM has ended");
    return readChanges(fakeChangesOf(this.record.runDir)).status ?? "running";
  }

  async shutdown(progress: Progress): Promise<ExitStatus> {
    const { process } = this.#supervision;
    process.signal("SIGTERM");
    process.lookClosely();
    return endOrKill(this, progress.signal);
  }

  async kill(): Promise<ExitStatus> {
    await this.#supervision.process.kill();
    return this.exited;
  }

  async detach(): Promise<void> {
    this.#supervision.detach();
  }
}
