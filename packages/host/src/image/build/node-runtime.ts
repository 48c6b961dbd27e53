import { chmod, copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "@browservm/contract";
import { sha256OfFile } from "../../files/sha256.ts";
import { run } from "../../process/run.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { NodeRuntime } from "../recipes/node-runtimes.ts";
import { download, notPinned, type PackageSource } from "./registry-package.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * The path of the pinned Node binary: from the cache, or the very program that runs us, or the npm registry. It is
 * proven by its hash each time. IMAGE_BUILD_FAILED, TOOL_MISSING.
 */
export async function nodeRuntime(
  progress: Progress,
  runtime: NodeRuntime,
  { cache, registry }: PackageSource,
): Promise<string> {
  const path = join(cache, `${runtime.package}-${runtime.version}`);
  if (await isBinary(path, runtime)) return path;
  const staging = join(cache, `.staging-${runtime.package}`);
  await using undo = new UndoStack();
  await mkdir(staging, { mode: 0o700 });
  undo.defer(() => removeTree(staging));
  const binary = join(staging, "node");
  if (await isBinary(process.execPath, runtime)) await copyFile(process.execPath, binary);
  else await rename(await fetchBinary(progress, runtime, { staging, registry }), binary);
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

/** The binary of the registry's package, in the staging directory. */
async function fetchBinary(
  progress: Progress,
  runtime: NodeRuntime,
  from: { readonly staging: string; readonly registry: string },
): Promise<string> {
  const archive = await download(progress, runtime, from);
  await run("tar", ["-xzf", archive, "-C", from.staging, "--no-same-owner", "package/bin/node"], {
    signal: progress.signal,
    timeoutMs: 60_000,
  });
  const binary = join(from.staging, "package/bin/node");
  if (!(await isBinary(binary, runtime)))
    throw notPinned(runtime, "holds another program than the pinned one");
  return binary;
}
