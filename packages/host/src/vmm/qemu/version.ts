import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import type { z } from "zod";
import { run } from "../../process/run.ts";
import type { Machine } from "./machine.ts";
import type { QueryVersion } from "./qmp-message.ts";

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  /** As QEMU says it, with the distribution's part. */
  readonly text: string;
}

/** Asks the installed QEMU. VMM_NOT_FOUND when there is none. */
export async function readQemuVersion(machine: Machine): Promise<QemuVersion> {
  try {
    const { stdout } = await run(machine.binary, ["--version"], { timeoutMs: 10_000 });
    return parseQemuVersion(stdout);
  } catch (error) {
    if (!isBrowserVmError(error, "TOOL_MISSING")) throw error;
    throw new BrowserVmError("VMM_NOT_FOUND", `${machine.binary} is not installed`, {
      tool: machine.binary,
      package: machine.package,
    });
  }
}

/** The version of a QEMU that runs, in the words of `--version`: what is installed may be newer. */
export function runningVersion({ qemu, package: distribution }: z.infer<typeof QueryVersion>): QemuVersion {
  const { major, minor, micro } = qemu;
  return { major, minor, text: `${major}.${minor}.${micro}${distribution ? ` (${distribution})` : ""}` };
}

/** "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
export function parseQemuVersion(output: string): QemuVersion {
  const match = /version ((\d+)\.(\d+)\S*.*)/.exec(output);
  if (!match?.[1])
    throw new BrowserVmError("VMM_PROTOCOL", "QEMU does not say its version", {
      output: output.slice(0, 200),
    });
  return { major: Number(match[2]), minor: Number(match[3]), text: match[1].trim() };
}

/** Whether a memory file can be opened for reading only and its guest write all the same (`rom=off`, QEMU 8.2). */
export const canReadMemoryOnly = ({ major, minor }: QemuVersion): boolean =>
  major > 8 || (major === 8 && minor >= 2);

/** Whether a state is taken from and written to `file:` (QEMU 9.0); before, `fd:` does so, and is deprecated since. */
export const canMigrateFiles = ({ major }: Pick<QemuVersion, "major">): boolean => major >= 9;
