import type { ChildProcess } from "node:child_process";
import { browserUserEnvironment } from "../browser-user.ts";
import { start } from "../child.ts";
import { findProgram } from "../find-program.ts";
import { saysExactly } from "../process/says-exactly.ts";

/** The clipboard of a display, by a program. */
export interface ClipboardTool {
  /** A process that offers what it reads, as this kind of content, until something else is copied. */
  offer(kind: string): ChildProcess;
  /** Whether this is what the clipboard has now as this kind of content. */
  has(kind: string, content: Uint8Array, signal: AbortSignal): Promise<boolean>;
}

const SELECTION = ["-selection", "clipboard"] as const;

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
  has: (kind, content, signal) => {
    // that it has this kind proves nothing: something older may be there still
    const child = start("xclip", [...SELECTION, "-t", kind, "-o"], {
      stdio: ["ignore", "pipe", "ignore"],
      asBrowserUser: { env: browserUserEnvironment({}) },
    });
    return saysExactly(child, content, signal);
  },
};
