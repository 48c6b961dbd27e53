import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, glob, stat } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const WEB = join(ROOT, "packages/web");
export const STANDALONE = join(WEB, ".next/standalone");
export const SERVER_PATH = "packages/web/server.js";

/** Builds the page where its sources are newer: once, before files of tests that run beside each other want it. */
export async function setup(): Promise<void> {
  if (!(await isBuilt())) await build();
}

async function isBuilt(): Promise<boolean> {
  const built = await stat(join(STANDALONE, SERVER_PATH)).catch(() => null);
  if (built === null) return false;
  for (const folder of ["packages/web", "packages/sdk", "packages/contract"])
    for await (const path of glob("src/**/*.{ts,tsx,css,svg}", { cwd: join(ROOT, folder) }))
      if (!path.endsWith(".test.ts") && (await stat(join(ROOT, folder, path))).mtimeMs > built.mtimeMs)
        return false;
  return true;
}

async function build(): Promise<void> {
  const child = spawn("npm", ["run", "build"], { cwd: WEB, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (said += String(bytes)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the build of the page failed with ${code}:\n${said.slice(-4000)}`);
  await access(join(STANDALONE, SERVER_PATH));
}
