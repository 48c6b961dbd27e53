import type { ExitStatus } from "../process/detached.ts";
import type { VmMonitor } from "./vmm.ts";

/** Waits for a VMM that was asked to end; kills it when `signal` ends first. */
export async function endOrKill(
  vmm: Pick<VmMonitor, "exited" | "kill">,
  signal: AbortSignal,
): Promise<ExitStatus> {
  const patience = Promise.withResolvers<"over">();
  const over = () => patience.resolve("over");
  signal.addEventListener("abort", over);
  if (signal.aborted) over();
  try {
    const first = await Promise.race([vmm.exited, patience.promise]);
    return first === "over" ? await vmm.kill() : first;
  } finally {
    signal.removeEventListener("abort", over);
  }
}
