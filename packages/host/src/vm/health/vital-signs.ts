import { stat } from "node:fs/promises";
import { BrowserVmError, type VmId } from "@browservm/contract";
import { findConsoleFault } from "../../logs/explain-console.ts";
import { tail } from "../../logs/tail.ts";
import { isStopped } from "../../process/identity.ts";
import type { VmService } from "../vm-service.ts";

const SWEEP_MS = 2000;
const TAIL_LINES = 60;
const ANSWER_MS = 2000;
/** A monitor that has not answered so often, 2 s and a deadline apart, is taken for dead. */
const UNANSWERED = 10;
const MONITOR_MS = 5000;

/** Looks for guests that panicked while their VMM lives on, and for VMMs that live and do not answer. */
export class VitalSigns implements Disposable {
  readonly #vms: Pick<VmService, "readyVms" | "fail">;
  readonly #patience: number;
  readonly #sizes = new Map<VmId, number>();
  readonly #unanswered = new Map<VmId, number>();
  /** Those whose agent has not answered yet. */
  readonly #asked = new Set<VmId>();
  #sweeping: NodeJS.Timeout | undefined;
  #isBusy = false;

  /** `patience` multiplies every deadline that the guest must keep. */
  constructor(vms: Pick<VmService, "readyVms" | "fail">, patience: number) {
    this.#vms = vms;
    this.#patience = patience;
  }

  start(): void {
    this.#sweeping = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeping);
  }

  async #sweep(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const ready = this.#vms.readyVms();
    const ids = new Set(ready.map(({ vmId }) => vmId));
    for (const known of [this.#sizes, this.#unanswered])
      for (const vmId of known.keys()) if (!ids.has(vmId)) known.delete(vmId);
    await Promise.all(ready.map((vm) => this.#lookAt(vm).catch(() => {}))); // it ended meanwhile
    this.#isBusy = false;
  }

  async #lookAt(vm: ReadyVm): Promise<void> {
    void this.#hearAgent(vm);
    await this.#lookAtConsole(vm);
    await this.#askMonitor(vm);
  }

  /**
   * Who hands it out must know that its agent lives, and cannot wait for an answer. The cheapest call that there is; a
   * slow guest is asked again when it has answered, and holds up nobody.
   */
  async #hearAgent({ vmId, live, file }: ReadyVm): Promise<void> {
    if (file.record.claim || this.#asked.has(vmId)) return;
    this.#asked.add(vmId);
    const nothing = { after: Number.MAX_SAFE_INTEGER, waitMs: 0 };
    const timeoutMs = ANSWER_MS * this.#patience;
    await live.guest.call("agent.log", nothing, { timeoutMs }).catch(() => {}); // told by `heardAt`
    this.#asked.delete(vmId);
  }

  async #lookAtConsole({ vmId, console, live }: ReadyVm): Promise<void> {
    const { size } = await stat(console);
    if (this.#sizes.get(vmId) === size) return;
    this.#sizes.set(vmId, size);
    const lines = await tail(console, TAIL_LINES);
    const fault = findConsoleFault(lines);
    // Programs of the guest can write such lines too: only one that is silent has really panicked.
    if (!fault?.line.includes("panic") || (await answers(live, this.#patience))) return;
    const message = `the guest's kernel says: ${fault.line}`;
    this.#vms.fail(vmId, new BrowserVmError(fault.code, message, { console: lines }));
  }

  async #askMonitor({ vmId, live }: ReadyVm): Promise<void> {
    const isAnswered = await Promise.race([
      live.monitor.status().then(
        () => true,
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), MONITOR_MS).unref()),
    ]);
    // Somebody stopped it, and can let it go on: the doctor says so.
    const isFine = isAnswered || isStopped(live.monitor.record.identity);
    const times = isFine ? 0 : (this.#unanswered.get(vmId) ?? 0) + 1;
    this.#unanswered.set(vmId, times);
    if (times < UNANSWERED || (await answers(live, this.#patience))) return;
    const message = "the VMM runs, but neither its monitor nor the guest's agent answers";
    this.#vms.fail(vmId, new BrowserVmError("VMM_PROTOCOL", message));
  }
}

type ReadyVm = ReturnType<VmService["readyVms"]>[number];

const answers = ({ guest }: ReadyVm["live"], patience: number): Promise<boolean> =>
  guest.call("services.status", { units: [] }, { timeoutMs: ANSWER_MS * patience }).then(
    () => true,
    () => false,
  );
