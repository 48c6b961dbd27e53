import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { tail } from "../../logs/tail.ts";
import type { Supervision } from "../supervision.ts";
import type { VmmSpec } from "../vmm.ts";
import { InstanceInfo } from "./api.ts";
import { type ApiClient, FirecrackerFault } from "./api-client.ts";
import { explainFault } from "./explain-fault.ts";

/** Time for jailer and Firecracker to open the API; both take milliseconds on an idle machine. */
export const START_MS = 30_000;
const POLL_MS = 5;
/** Firecracker's last answer may still be on its way when its end is seen. */
const LAST_WORDS_MS = 100;
const EXIT_MS = 1000;

/** Aborts when the VMM has ended. */
export function ended({ process }: Supervision): AbortSignal {
  const controller = new AbortController();
  void process.exited.then(() => setTimeout(() => controller.abort(), LAST_WORDS_MS));
  return controller.signal;
}

/** The socket appears once Firecracker has started, and is there a moment before it is listened on. */
export async function answers(api: ApiClient, signal: AbortSignal): Promise<void> {
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
export async function raceEnd(
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
    const exit = await Promise.race([supervision.process.exited, sleep(EXIT_MS, undefined)]);
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
