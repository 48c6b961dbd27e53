import { commandLineOf, descendantsOf } from "../process/process-facts.ts";

export interface BrowserChild {
  readonly pid: number;
  /** Chromium's word: renderer, utility, gpu-process, zygote, broker … */
  readonly kind: string;
}

/** The processes that a browser has started for its parts. */
export function browserChildren(browserPid: number, root = "/proc"): BrowserChild[] {
  return descendantsOf(browserPid, root).map(({ pid }) => ({
    pid,
    kind: kindOf(commandLineOf(pid, root)),
  }));
}

function kindOf(words: readonly string[]): string {
  return words.find((word) => word.startsWith("--type="))?.slice("--type=".length) ?? "other";
}
