import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import {
  BrowserVmError,
  type ClaimVm,
  isBrowserVmError,
  type Progress,
  toBrowserVmError,
} from "@browservm/contract";
import { Mutex } from "async-mutex";
import type { GoldenSnapshot } from "../image/snapshot/snapshot.ts";
import { reasonOf } from "../net/verify/gate.ts";
import { adoptVm } from "./adopt.ts";
import { applySettings } from "./claim/apply-settings.ts";
import { claimVm } from "./claim/claim-vm.ts";
import { cleanUp } from "./clean-up.ts";
import { keepEvidence } from "./failures/keep-evidence.ts";
import { copyForFork, forkVm } from "./fork/fork-vm.ts";
import { explainExit, nameFromConsole } from "./introduce.ts";
import { launchVm } from "./launch.ts";
import type { LiveVm } from "./live-vm.ts";
import { resumeVm } from "./pause/resume-vm.ts";
import { settlePaused } from "./pause/settle-paused.ts";
import { VmRest } from "./pause/vm-rest.ts";
import { proveAgain, proveVm } from "./prove-vm.ts";
import { restoreVm } from "./restore.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmFile } from "./vm-file.ts";
import { WaitClock } from "./wait-clock.ts";
import { GateFailed, notRunning, RESTING, toReason } from "./why-not.ts";

/** Runs `work` when there is room among the VMs that boot, those that are copied, or those that are restored. */
export interface Turns {
  boot<T>(work: () => Promise<T>): Promise<T>;
  /** May wait for the source to be restored; so no copy waits for a turn of `restore`. */
  copy<T>(work: () => Promise<T>): Promise<T>;
  restore<T>(work: () => Promise<T>): Promise<T>;
}

/** A guest whose port is gone is nearly always on its way out; its end is seen within milliseconds. */
const ENDS_WITHIN_MS = 3000;

/** What says that a snapshot cannot be started from. */
const UNUSABLE = ["SNAPSHOT_DAMAGED", "SNAPSHOT_MISMATCH", "SNAPSHOT_NOT_FOUND"] as const;

/** One VM from its creation to its end. Everything that changes it goes through here, one thing at a time. */
export class VmStory {
  readonly file: VmFile;
  readonly #deps: VmDeps;
  readonly #ending = new AbortController();
  readonly #takingApart = new Mutex();
  /** The times in which it stands still. */
  readonly rest: VmRest;
  #live: LiveVm | undefined;
  /** Settles when the launch or adoption under way has ended, however it ended. */
  #beginning: Promise<void> = Promise.resolve();
  /** Of a start from its beginning; an adopted VM has none. */
  #clock: { readonly waits: WaitClock; readonly begunAt: number } | undefined;
  #isDetached = false;
  #isFailing = false;
  /** Settles when a failure after the launch has been dealt with. */
  #begunFailing: Promise<void> = Promise.resolve();
  /** Settles when R9 was looked at. */
  #secondLook: Promise<void> = Promise.resolve();
  /** Settles when its guest was told the settings of whom it was handed out to. */
  #settings: Promise<void> = Promise.resolve();

  constructor(deps: VmDeps, file: VmFile) {
    this.#deps = deps;
    this.file = file;
    this.rest = new VmRest(deps, {
      file,
      progress: this.#progress(),
      ready: () => this.ready,
      isOver: () => this.#isOver,
      quiet: async () => void (await Promise.all([this.#beginning, this.#secondLook, this.#settings])),
      letGo: () => {
        this.#live = undefined;
      },
      fail: (error) => this.#fail(error),
    });
  }

  /** The running VM, if calls may be made to it now. VM_NOT_READY, VM_PAUSED otherwise. */
  get ready(): LiveVm {
    if (this.file.record.state !== "ready" || !this.#live) throw notRunning(this.file);
    return this.#live;
  }

  /** The same when its guest has the settings that it was handed out with. */
  async settled(): Promise<void> {
    await this.#settings;
  }

  /** The VM while its agent can be asked, even before it is proven or after its gate failed: for looking into it. */
  get reachable(): LiveVm {
    if (!this.#live || RESTING.includes(this.file.record.state)) throw notRunning(this.file);
    return this.#live;
  }

  /** The VM as far as it runs, for those who only look. */
  get live(): LiveVm | undefined {
    return this.#live;
  }

  launch(turns: Turns): void {
    this.#begin(() => this.#start(turns));
  }

  /** After a restart of hostd: a VM that was being made, and so is nobody's yet, is taken apart and made anew. */
  launchAgain(turns: Turns): void {
    this.#begin(async () => {
      await cleanUp(this.#deps, this.file.record, { keepLogs: false });
      if (this.file.record.state !== "creating") this.file.enter("creating");
      return this.#start(turns);
    });
  }

  async #start(turns: Turns): Promise<LiveVm> {
    await this.#checkProxy();
    const snapshot = await this.#deps.golden.forVm(this.#progress(), this.file.record);
    if (!snapshot) return turns.boot(() => this.#boot());
    try {
      return await turns.restore(() => this.#restore(snapshot));
    } catch (error) {
      const isUnusable = UNUSABLE.some((code) => isBrowserVmError(error, code));
      if (!isUnusable || this.file.record.spec.start === "restore") throw error;
      // The snapshot is at fault, not this VM.
      await this.#deps.golden.distrust(snapshot, toBrowserVmError(error));
      await cleanUp(this.#deps, this.file.record, { keepLogs: false });
      this.file.enter("creating");
      return turns.boot(() => this.#boot());
    }
  }

  /** First, for it takes a moment only: without its proxy it could go nowhere. */
  async #checkProxy(): Promise<void> {
    const { id, spec } = this.file.record;
    if (!spec.egress?.proxy) return;
    this.#progress().step("proxy");
    await this.#deps.proxies.check(id, spec.egress);
    this.#ending.signal.throwIfAborted();
  }

  #boot(): Promise<LiveVm> {
    this.#ending.signal.throwIfAborted();
    this.file.begins("boot");
    this.file.enter("booting");
    const { record } = this.file;
    const waits = this.#beginWaits();
    return launchVm(this.#deps, this.#progress(), { record, waits, onVmm: (vmm) => this.file.vmm(vmm) });
  }

  #restore(snapshot: GoldenSnapshot): Promise<LiveVm> {
    this.#ending.signal.throwIfAborted();
    this.file.begins("snapshot", snapshot.id);
    this.file.enter("restoring");
    return restoreVm(this.#deps, this.#progress(), {
      record: this.file.record,
      snapshot,
      waits: this.#beginWaits(),
      onVmm: (vmm) => this.file.vmm(vmm),
      onIdentity: (told) => this.file.tookIdentity(told),
    });
  }

  /** The clock of a start that begins now. */
  #beginWaits(): WaitClock {
    const waits = new WaitClock();
    this.#clock = { waits, begunAt: performance.now() };
    return waits;
  }

  /** After a restart of hostd: finds the VMM again and proves the VM anew; a paused one stays paused. */
  adopt(): void {
    this.#beginning = this.#takeUp().catch((error) => this.#fail(error));
  }

  async #takeUp(): Promise<void> {
    if ((await settlePaused(this.#deps, this.file)) === "paused") return this.rest.squeeze();
    await this.#run(() => adoptVm(this.#deps, this.file, this.#ending.signal));
  }

  /** Settles when it is on its way; how it goes is told by events. See `VmRest.resume`. */
  resume({ restore }: Turns): Promise<void> {
    return this.rest.resume(() =>
      this.#begin(() =>
        restore(async () => {
          this.#ending.signal.throwIfAborted();
          return resumeVm(this.#deps, this.#progress(), {
            record: this.file.record,
            waits: this.#beginWaits(),
            onVmm: (vmm) => this.file.vmm(vmm),
          });
        }),
      ),
    );
  }

  /** Begins where `source` is. */
  launchFrom(source: VmStory, { copy, restore }: Turns): void {
    this.#begin(async () => {
      const waits = await copy(() => this.#copyFrom(source));
      return restore(async () => {
        this.#ending.signal.throwIfAborted();
        return forkVm(this.#deps, this.#progress(), {
          record: this.file.record,
          waits,
          onVmm: (vmm) => this.file.vmm(vmm),
          onIdentity: (told) => this.file.tookIdentity(told),
        });
      });
    });
  }

  async #copyFrom(source: VmStory): Promise<WaitClock> {
    this.#ending.signal.throwIfAborted();
    this.file.enter("restoring");
    const waits = this.#beginWaits();
    await this.#checkProxy();
    await copyForFork(this.#deps, this.#progress(), {
      record: this.file.record,
      copyInto: (target, progress) => source.rest.copyInto(target, progress),
    });
    return waits;
  }

  /** After a restart of hostd: what a fork begins with was only in our memory. */
  failFork(): void {
    const { forkOf } = this.file.record;
    const message = `hostd ended while this VM was made from ${forkOf}`;
    this.#begin(() => Promise.reject(new BrowserVmError("VMM_DIED", message)));
  }

  /** Hands it out; what its guest is to be told follows. See `claimVm`. */
  claim(request: ClaimVm): void {
    const { file } = this;
    if (claimVm(this.#deps, { file, ready: () => this.ready }, request)) this.#tellSettings(this.ready);
  }

  /** After what is under way now, for whoever claimed it waits for an answer. */
  #tellSettings(live: LiveVm): void {
    this.#settings = setImmediate()
      .then(() => applySettings(this.#deps, { file: this.file, live, signal: this.#ending.signal }))
      .catch((error) => this.#fail(error));
  }

  /** Ends the VM and takes it apart; settles when nothing is left. Twice is fine. */
  async end(graceMs: number): Promise<void> {
    const { state } = this.file.record;
    if (state !== "stopping" && state !== "stopped") this.file.enter("stopping");
    this.#ending.abort(new BrowserVmError("CANCELLED", "the VM is being ended"));
    await this.rest.end();
    await this.#beginning;
    await this.#begunFailing;
    if (graceMs > 0 && this.#live) await this.#shutDown(this.#live, graceMs);
    await this.#takeApart({ keepLogs: false });
    if (this.file.record.state === "stopping") this.file.enter("stopped");
  }

  /** Asks the agent first: a guest without an ACPI daemon does not hear the power button. */
  async #shutDown(live: LiveVm, graceMs: number): Promise<void> {
    const address = this.#deps.network.addressOf(this.file.record.id);
    if (address) this.#deps.network.letGo(address);
    const grace = AbortSignal.timeout(graceMs);
    // A guest that does not answer is ended by the monitor when the grace is over.
    await live.guest
      .call("shutdown", { mode: "poweroff" }, { timeoutMs: graceMs, signal: grace })
      .catch(() => {});
    await live.monitor.shutdown(this.#progress(grace));
  }

  /** hostd ends; the VM lives on and will be adopted. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    await this.#live?.detach();
  }

  #begin(start: () => Promise<LiveVm>): void {
    this.#beginning = this.#run(start).catch((error) => this.#fail(error));
  }

  async #run(start: () => Promise<LiveVm>): Promise<void> {
    const live = await start();
    this.#live = live;
    this.#watch(live);
    this.file.booted(live.bootId);
    // A hostd that was killed in the middle of verifying begins the proof anew.
    if (this.file.record.state !== "verifying") this.file.enter("verifying");
    this.file.step("verify");
    const report = await proveVm(this.#deps, { file: this.file, live, signal: this.#ending.signal });
    this.file.gate(report);
    this.#ending.signal.throwIfAborted();
    if (report.verdict !== "pass") throw new GateFailed(reasonOf(report));
    if (this.#clock) this.file.started(performance.now() - this.#clock.begunAt, this.#clock.waits.waitedMs);
    this.#clock = undefined;
    this.file.enter("ready");
    this.#secondLook = this.#lookAgain(live);
    if (this.file.record.settings) this.#tellSettings(live);
    await this.rest.forget();
  }

  /** R9: the VM is already handed out; if it does not hold, it is taken back with the evidence. */
  async #lookAgain(live: LiveVm): Promise<void> {
    const asked = { file: this.file, live, signal: this.#ending.signal, isOver: () => this.#isOver };
    const report = await proveAgain(this.#deps, asked);
    if (!report || this.#isOver) return;
    this.file.gate(report, report.steps.at(-1));
    if (report.verdict !== "fail") return this.file.proven();
    this.#begunFailing = this.#fail(new GateFailed(reasonOf(report)));
    await this.#begunFailing;
  }

  /** A VMM that ends unasked makes the VM fail, whatever it was doing. */
  #watch(live: LiveVm): void {
    void live.monitor.exited.then(async (exit) => {
      const { state } = this.file.record;
      if (this.#isOver || state === "verifying" || RESTING.includes(state)) return; // who waits for it tells it
      this.#begunFailing = explainExit(this.#deps, this.file.record, exit).then((error) => this.#fail(error));
      await this.#begunFailing;
    });
  }

  get #isOver(): boolean {
    return this.#isDetached || ["stopping", "stopped", "failed"].includes(this.file.record.state);
  }

  /** The watch saw what cannot be mended. While it starts or ends, the VM finds out by itself. */
  failBy(error: BrowserVmError): void {
    if (this.file.record.state === "ready") this.#begunFailing = this.#failUnlessEnded(error);
  }

  /** A veth goes with its guest: then the end of that, which is told where it is waited for, is what happened. */
  async #failUnlessEnded(error: BrowserVmError): Promise<void> {
    const { port, exited } = this.#live?.monitor ?? {};
    const ends = port === "veth" && exited?.then(() => true);
    if (ends && (await Promise.race([ends, sleep(ENDS_WITHIN_MS, false)]))) return;
    await this.#fail(error);
  }

  /** After a restart of hostd: a failure whose end was not seen is finished; nothing left to do is fine. */
  async finishFailure(): Promise<void> {
    if (!this.file.record.spec.keepFailed) await this.#takeApart({ keepLogs: true });
  }

  /**
   * A VM in use is told as failed at once, for somebody relies on it; one that starts, when nothing is left of it
   * (unless it is kept for inspection). The first reason counts.
   */
  async #fail(error: unknown): Promise<void> {
    if (this.#isOver || this.#isFailing) return;
    this.#isFailing = true;
    const wasReady = this.file.record.state === "ready";
    const reason = await nameFromConsole(this.#deps, this.file.record.id, toReason(error));
    const { record } = this.file;
    if (await this.rest.fallBack(reason, this.#live)) {
      this.#deps.log.warn({ vmId: record.id, reason }, "a VM could not be resumed and stays paused");
      this.#isFailing = false;
      return;
    }
    const err = error instanceof GateFailed ? undefined : error;
    this.#deps.log.warn({ vmId: record.id, reason, err }, "VM failed");
    if (wasReady && !this.#isOver) this.file.enter("failed", reason);
    await keepEvidence(this.#deps, { record, reason, live: this.#live });
    if (!record.spec.keepFailed) {
      await this.#takeApart({ keepLogs: true }).catch((left) =>
        this.#deps.log.error({ vmId: record.id, err: left }, "a failed VM could not be taken apart"),
      );
    }
    if (!this.#isOver) this.file.enter("failed", reason);
  }

  async #takeApart({ keepLogs }: { keepLogs: boolean }): Promise<void> {
    await this.#takingApart.runExclusive(() =>
      cleanUp(this.#deps, this.file.record, { live: this.#live, keepLogs }),
    );
    this.#live = undefined;
  }

  #progress(signal: AbortSignal = this.#ending.signal): Progress {
    return { signal, step: (name) => this.file.step(name), note: () => {} };
  }
}
