import type { ChildProcess } from "node:child_process";
import { browserUserEnvironment } from "../browser-user.ts";
import { run, start } from "../child.ts";
import { findProgram } from "../find-program.ts";

/** The clipboard of a display, by a program. */
export interface ClipboardTool {
  /** A process that offers what it reads, as this kind of content, until something else is copied. */
  offer(kind: string): ChildProcess;
  /** What kinds of content there are now. */
  kinds(signal: AbortSignal): Promise<readonly string[]>;
}

const SELECTION = ["-selection", "clipboard"] as const;
/** Emulated, a program takes seconds to start. */
const LOOK_MS = 20_000;

/** xclip(1), as the browser's user. */
export const XCLIP: ClipboardTool = {
  offer: (kind) => {
    if (!findProgram("xclip")) throw new Error("xclip is not in this image");
    // -quiet: in the foreground
    return start("xclip", ["-quiet", ...SELECTION, "-t", kind, "-i"], {
      stdio: ["pipe", "ignore", "ignore"],
      asBrowserUser: { env: browserUserEnvironment({}) },
    });
  },
  kinds: async (signal) => {
    const asBrowserUser = { env: browserUserEnvironment({}) };
    const options = { timeoutMs: LOOK_MS, signal, asBrowserUser };
    // a status other than 0: there is nothing
    const { stdout } = await run("xclip", [...SELECTION, "-t", "TARGETS", "-o"], options);
    return stdout.split("\n");
  },
};
