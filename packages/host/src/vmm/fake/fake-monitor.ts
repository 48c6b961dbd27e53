import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import type { ExitStatus } from "../../process/detached.ts";
import { isStopped } from "../../process/identity.ts";
import { endOrKill } from "../end-or-kill.ts";
import { controlSocketOf, fakeChangesOf, monitorSocketOf } from "../run-dir.ts";
import type { Supervision } from "../supervision.ts";
import type { Freezer, VmMonitor, VmmRecord } from "../vmm.ts";
import { askToFreeze } from "./ask-to-freeze.ts";
import { readChanges } from "./changes.ts";
import type { FreezeAnswer } from "./freeze-server.ts";
import { frozenFileOf } from "./frozen-file.ts";

const FREEZE_MS = 10_000;
const STOPS_WITHIN_MS = 5000;
const POLL_MS = 5;

/** One running fake VMM. Frozen, its process stands still: nothing in it answers, and no frame is carried. */
export class FakeMonitor implements VmMonitor, Freezer {
  readonly record: VmmRecord;
  readonly controlSocket: string;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  #hasExited = false;
  #isFrozen = false;

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
    const { status } = readChanges(fakeChangesOf(this.record.runDir));
    // One that somebody else stopped is not paused: a real VMM would not even answer.
    return status ?? (this.#isFrozen ? "paused" : "running");
  }

  async freeze(progress: Progress, directory: string): Promise<void> {
    progress.step("freeze");
    // One that stands still since an earlier freeze could not answer.
    this.#supervision.process.signal("SIGCONT");
    this.#isFrozen = true;
    const signal = AbortSignal.any([progress.signal, AbortSignal.timeout(FREEZE_MS)]);
    const answer = await this.#askToFreeze(directory, signal);
    await this.#untilStopped();
    if ("frozen" in answer) return;
    await rm(frozenFileOf(directory), { force: true });
    throw new BrowserVmError(answer.failed.code, answer.failed.message, { directory });
  }

  async thaw(): Promise<void> {
    this.#isFrozen = false;
    this.#supervision.process.signal("SIGCONT");
  }

  /** One that answers stops by itself: stopped by us before it does, it would stop again after its thaw. */
  async #askToFreeze(directory: string, signal: AbortSignal): Promise<FreezeAnswer> {
    const { process, runDir } = this.#supervision;
    try {
      return await askToFreeze(monitorSocketOf(runDir), directory, signal);
    } catch (error) {
      process.signal("SIGSTOP");
      await this.#untilStopped();
      await rm(frozenFileOf(directory), { force: true });
      throw error;
    }
  }

  async #untilStopped(): Promise<void> {
    const deadline = Date.now() + STOPS_WITHIN_MS;
    while (!this.#hasExited && !isStopped(this.record.identity) && Date.now() < deadline)
      await sleep(POLL_MS);
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
