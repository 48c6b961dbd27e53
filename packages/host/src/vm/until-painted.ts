import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError } from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";

/** Milliseconds with KVM; the guest's agent itself stops waiting for a first paint after five minutes. */
const PAINT_BUDGET_MS = 60_000;
const CALL_BUDGET_MS = 10_000;
const LOOK_MS = 100;

export interface Painting {
  readonly guest: Guest;
  /** Multiplies every deadline. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until the browser has painted its start page. In a restored guest that is also the moment from which on no
 * process of it that lived in the snapshot draws random numbers any more. GATE_BROWSER.
 */
export async function untilPainted({ guest, patience, signal }: Painting): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PAINT_BUDGET_MS * patience)]);
  const timeoutMs = CALL_BUDGET_MS * patience;
  while (true) {
    const { painted, lastExit } = await guest.call("browser.status", {}, { timeoutMs, signal });
    if (painted) return;
    const slept = await sleep(LOOK_MS, true, { signal: deadline }).catch(() => false);
    signal.throwIfAborted();
    if (!slept) {
      const words = lastExit ? ` (last exit: ${lastExit})` : "";
      throw new BrowserVmError("GATE_BROWSER", `the browser did not paint${words}`);
    }
  }
}
