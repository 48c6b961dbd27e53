import { stat } from "node:fs/promises";

/** What is wrong with a file that must have `bytes` ("is missing", "has 3 bytes instead of 4"); undefined: nothing. */
export async function sizeFault(path: string, bytes: number): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found) return "is missing";
  return found.size === bytes ? undefined : `has ${found.size} bytes instead of ${bytes}`;
}
