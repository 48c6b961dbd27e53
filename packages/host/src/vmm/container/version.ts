import { access, constants } from "node:fs/promises";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import { run } from "../../process/run.ts";

/** Where Debian and Ubuntu put it. */
const RUNTIME = "/usr/bin/crun";

export interface Runtime {
  readonly path: string;
  /** E.g. "crun 1.8.1". */
  readonly text: string;
}

/** The installed OCI runtime, asked anew each time: it takes milliseconds. VMM_NOT_FOUND, VMM_UNSUPPORTED. */
export async function findRuntime(path: string = RUNTIME): Promise<Runtime> {
  await access(path, constants.X_OK).catch((cause: unknown) => {
    throw new BrowserVmError(
      "VMM_NOT_FOUND",
      "crun is not installed",
      { tool: "crun", package: "crun" },
      { cause },
    );
  });
  try {
    const { stdout } = await run(path, ["--version"], { timeoutMs: 10_000 });
    const version = /^crun version (\S+)/m.exec(stdout)?.[1];
    if (version !== undefined) return { path, text: `crun ${version}` };
  } catch (error) {
    if (!isBrowserVmError(error, "COMMAND_FAILED")) throw error;
  }
  throw new BrowserVmError("VMM_UNSUPPORTED", `${path} does not say its version as crun does`, { path });
}
