import { lchown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DOWNLOADS } from "@browservm/contract/guest/home-path";
import { BROWSER_USER } from "../browser-user.ts";

/** Makes the directory where downloads land and files are put; one that is there, whatever it is, stays. */
export async function makeDownloads(): Promise<void> {
  const path = join(BROWSER_USER.home, DOWNLOADS);
  try {
    await mkdir(path, { mode: 0o755 });
    if (process.getuid?.() === 0) await lchown(path, BROWSER_USER.uid, BROWSER_USER.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
