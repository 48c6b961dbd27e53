import { statfs } from "node:fs/promises";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";

/** Says "no space" (errno or a program's words) as DISK_FULL with the path; passes any other error through. */
export function diskFull(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const full = code === "ENOSPC" || code === "EDQUOT" || isBrowserVmError(error, "DISK_FULL");
  if (!full) return error;
  return new BrowserVmError("DISK_FULL", `there is no space left for ${path}`, { path }, { cause: error });
}

/** Refuses as DISK_FULL what certainly does not fit, before work is begun. */
export async function requireSpace(path: string, neededMib: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const freeMib = Math.floor((bavail * bsize) / (1024 * 1024));
  if (freeMib >= neededMib) return;
  throw new BrowserVmError("DISK_FULL", `${path} has ${freeMib} MiB free and ${neededMib} MiB are needed`, {
    path,
    freeMib,
    neededMib,
  });
}
