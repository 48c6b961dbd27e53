import { commandLineOf, descendantsOf } from "../process/process-facts.ts";
import type { ProcessName } from "../process/running.ts";

export interface BrowserChild extends ProcessName {
  /** Chromium's word: renderer, utility, gpu-process, zygote, broker … */
  readonly kind: string;
}

/** The processes that a browser has started for its parts. */
export function browserChildren(browserPid: number, root = "/proc"): BrowserChild[] {
  return descendantsOf(browserPid, root).map(({ pid, startTicks }) => ({
    pid,
    startTicks,
    kind: kindOf(commandLineOf(pid, root)),
  }));
}

function kindOf(words: readonly string[]): string {
  return words.find((word) => word.startsWith("--type="))?.slice("--type=".length) ?? "other";
}
