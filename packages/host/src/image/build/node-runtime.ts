import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { sha256OfFile } from "../../files/sha256.ts";
import { run } from "../../process/run.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { NodeRuntime } from "../recipes/node-runtimes.ts";
import { removeTree } from "./remove-tree.ts";

const DOWNLOAD_MS = 10 * 60_000;

/**
 * The path of the pinned Node binary: from the cache, or the very program that runs us, or the npm registry. It is
 * proven by its hash each time. IMAGE_BUILD_FAILED, TOOL_MISSING.
 */
export async function nodeRuntime(
  progress: Progress,
  runtime: NodeRuntime,
  { cache, registry }: { readonly cache: string; readonly registry: string },
): Promise<string> {
  const path = join(cache, `${runtime.package}-${runtime.version}`);
  if (await isBinary(path, runtime)) return path;
  const staging = join(cache, `.staging-${runtime.package}`);
  await using undo = new UndoStack();
  await mkdir(staging, { mode: 0o700 });
  undo.defer(() => removeTree(staging));
  const binary = join(staging, "node");
  if (await isBinary(process.execPath, runtime)) await copyFile(process.execPath, binary);
  else await download(progress, runtime, { staging, registry, binary });
  await chmod(binary, 0o755);
  await rename(binary, path);
  return path;
}

async function isBinary(path: string, { binarySha256 }: NodeRuntime): Promise<boolean> {
  return sha256OfFile(path).then(
    (sha256) => sha256 === binarySha256,
    () => false, // not there
  );
}

interface Download {
  readonly staging: string;
  readonly registry: string;
  readonly binary: string;
}

async function download(
  progress: Progress,
  runtime: NodeRuntime,
  { staging, registry, binary }: Download,
): Promise<void> {
  const spec = `${runtime.package}@${runtime.version}`;
  progress.note(`fetching ${spec}`);
  await run(
    "npm",
    ["pack", spec, "--pack-destination", staging, ...(registry ? ["--registry", registry] : [])],
    {
      signal: progress.signal,
      timeoutMs: DOWNLOAD_MS,
      cwd: staging,
      // npm's own configuration (registry, proxy, certificates) lies in the home directory.
      env: { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: homedir() },
    },
  );
  const archive = join(staging, `${runtime.package}-${runtime.version}.tgz`);
  const digest = createHash("sha512")
    .update(await readFile(archive))
    .digest("base64");
  if (`sha512-${digest}` !== runtime.integrity) throw refuse(spec, "is not the pinned package");
  await run("tar", ["-xzf", archive, "-C", staging, "--no-same-owner", "package/bin/node"], {
    signal: progress.signal,
    timeoutMs: 60_000,
  });
  await rename(join(staging, "package/bin/node"), binary);
  if (!(await isBinary(binary, runtime))) throw refuse(spec, "holds another program than the pinned one");
}

const refuse = (spec: string, why: string) =>
  new BrowserVmError("IMAGE_BUILD_FAILED", `${spec} ${why}`, { log: [], package: spec });
