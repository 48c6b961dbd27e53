import { rm } from "node:fs/promises";
import { BrowserVmError, isBrowserVmError, type Progress, type Reason } from "@browservm/contract";
import { Mutex } from "async-mutex";
import { takeDown } from "../clean-up.ts";
import { copyVm } from "../fork/copy-vm.ts";
import { removeScratch } from "../frozen/frozen-files.ts";
import { readManifest } from "../frozen/frozen-manifest.ts";
import type { LiveVm } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";
import type { VmPlace } from "../vm-places.ts";
import { goOn, pauseVm, requireFreezer } from "./pause-vm.ts";
import { requireResumable } from "./resume-vm.ts";
import { isStillFrozen } from "./settle-paused.ts";

/** What a story lets those do who stop its VM for a while. */
export interface RestingStory {
  readonly file: VmFile;
  /** Ends when the VM is being ended. */
  readonly progress: Progress;
  /** The running VM. VM_NOT_READY, VM_PAUSED. */
  readonly ready: () => LiveVm;
  /** Nothing may happen to it any more. */
  readonly isOver: () => boolean;
  /** Settles when nobody needs the guest to run (its second look, its settings, its adoption). */
  readonly quiet: () => Promise<void>;
  /** It does not run any more. */
  readonly letGo: () => void;
  readonly fail: (error: unknown) => Promise<void>;
}

/** The times in which one VM stands still: paused, on its way there and back, or copied. One thing at a time. */
export class VmRest {
  readonly #deps: VmDeps;
  readonly #story: RestingStory;
  readonly #changing = new Mutex();
  #isStill = false;

  constructor(deps: VmDeps, story: RestingStory) {
    this.#deps = deps;
    this.#story = story;
  }

  /** A guest in use is held still for a moment: whoever finds it silent learns nothing. */
  get isStill(): boolean {
    return this.#isStill;
  }

  /** Settles when nothing is under way any more. */
  async end(): Promise<void> {
    await this.#deps.squeezer.leave(this.#story.file.record.id);
    await this.#changing.waitForUnlock();
  }

  /** A paused VM of an earlier hostd: its files may still be large. */
  squeeze(): void {
    const { file } = this.#story;
    if (file.record.state === "paused") this.#deps.squeezer.take(file, this.#place.frozen);
  }

  /** Settles when it is paused. VM_NOT_READY, SNAPSHOT_UNSUPPORTED; DISK_FULL and others: then it goes on. */
  pause(): Promise<void> {
    return this.#changing.runExclusive(async () => {
      const { file, progress } = this.#story;
      if (file.record.state === "paused") return;
      requireFreezer({ file, live: this.#story.ready() });
      await this.#story.quiet();
      const live = this.#story.ready();
      file.enter("pausing");
      try {
        await pauseVm(this.#deps, progress, { file, live });
        progress.signal.throwIfAborted();
      } catch (error) {
        await this.#afterFailedPause(live, error);
        throw error;
      }
      this.#story.letGo();
      file.enter("paused");
      this.squeeze();
    });
  }

  /** `begin` is called when it may. VM_NOT_PAUSED, SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH, HOST_OUT_OF_MEMORY. */
  resume(begin: () => void): Promise<void> {
    return this.#changing.runExclusive(async () => {
      const { file } = this.#story;
      // Twice is one: it is on its way already.
      if (file.record.state === "resuming") return;
      await this.#mustBePaused();
      await this.#deps.squeezer.leave(file.record.id);
      try {
        await requireResumable(this.#deps, file.record);
      } catch (error) {
        this.squeeze();
        throw error;
      }
      await this.#mustBePaused(); // it may be ending meanwhile
      file.resuming(this.#deps.netns);
      begin();
    });
  }

  /** Whether a second VM can be made from it. VM_NOT_READY, SNAPSHOT_UNSUPPORTED, SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH. */
  async requireForkable(): Promise<void> {
    const { file } = this.#story;
    if (file.record.state === "paused") await requireResumable(this.#deps, file.record);
    else requireFreezer({ file, live: this.#runningOrNotReady() });
  }

  /** Puts a copy of its disk, memory and state into the place of another VM; one that runs stands still meanwhile. */
  copyInto(target: VmPlace, wanted: Progress): Promise<void> {
    // It ends with either of the two VMs.
    const signal = AbortSignal.any([wanted.signal, this.#story.progress.signal]);
    const progress = { ...wanted, signal };
    return this.#changing.runExclusive(async () => {
      const { file } = this.#story;
      if (file.record.state === "paused") {
        await this.#deps.squeezer.leave(file.record.id);
        try {
          await copyVm(this.#deps, progress, { file, target });
        } finally {
          this.squeeze();
        }
        return;
      }
      await this.#story.quiet();
      const live = this.#runningOrNotReady();
      this.#isStill = true;
      try {
        const running = { live, onStuck: (error: unknown) => this.#story.fail(error) };
        await copyVm(this.#deps, progress, { file, target, running });
      } finally {
        this.#isStill = false;
      }
    });
  }

  /**
   * A resume (or a pause that counts already) went wrong: it is paused as before, if its disk is still as its memory
   * knows it. False: it is not, and the failure is one.
   */
  async fallBack(reason: Reason, live: LiveVm | undefined): Promise<boolean> {
    const { file, letGo, isOver } = this.#story;
    const isOnItsWay = ["pausing", "resuming", "verifying"].includes(file.record.state);
    if (!file.record.paused || !isOnItsWay) return false;
    if (!(await isStillFrozen(this.#deps, file.record))) return false;
    await takeDown(this.#deps, file.record, live);
    letGo();
    // What was unpacked for it.
    await removeScratch(this.#place.frozen, await readManifest(this.#place.frozen));
    // Asked again, for until then its guest may have written.
    if (isOver() || !(await isStillFrozen(this.#deps, file.record))) return false;
    file.vmmGone();
    file.enter("paused", reason);
    this.squeeze();
    return true;
  }

  /** It is ready: what it was restored from is of no use any more. */
  async forget(): Promise<void> {
    await rm(this.#place.frozen, { recursive: true, force: true });
    if (this.#story.file.record.paused) this.#story.file.frozen(undefined);
  }

  get #place(): VmPlace {
    return this.#deps.places.of(this.#story.file.record.id);
  }

  /** Refused at once; what is under way with a paused VM may still end it. */
  async #mustBePaused(): Promise<void> {
    this.#pausedOrNot();
    await this.#story.quiet();
    this.#pausedOrNot();
  }

  #pausedOrNot(): void {
    const { state, id } = this.#story.file.record;
    if (state !== "paused") throw new BrowserVmError("VM_NOT_PAUSED", `VM ${id} is ${state}`, { state });
  }

  #runningOrNotReady(): LiveVm {
    const { state, id } = this.#story.file.record;
    if (state === "ready") return this.#story.ready();
    throw new BrowserVmError("VM_NOT_READY", `VM ${id} is ${state}`, { state });
  }

  /** Before it counted, the guest goes on. Where that fails too, the VM has failed. */
  async #afterFailedPause(live: LiveVm, error: unknown): Promise<void> {
    const { file, isOver, fail, progress } = this.#story;
    if (isOver()) return;
    if (file.record.paused || isBrowserVmError(error, "VMM_DIED")) return fail(error);
    try {
      await goOn(this.#deps, { file, live }, progress.signal);
      file.stepEnded("failed");
      file.enter("ready");
    } catch (why) {
      await fail(why);
    }
  }
}
