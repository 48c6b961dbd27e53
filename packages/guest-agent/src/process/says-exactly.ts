import type { ChildProcess } from "node:child_process";
import { killGroup } from "../child.ts";

/** Whether a child's output is these bytes. It is ended when it says others, and when the signal comes. */
export async function saysExactly(
  child: ChildProcess,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  const end = () => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child, "SIGKILL");
  };
  child.on("error", () => {}); // not started, it says nothing
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    let at = 0;
    for await (const chunk of (child.stdout ?? []) as AsyncIterable<Buffer>) {
      if (!chunk.equals(bytes.subarray(at, at + chunk.length))) return false;
      at += chunk.length;
    }
    return at === bytes.length;
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}
