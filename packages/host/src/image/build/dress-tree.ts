import { copyFile, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrowserVmError, GUEST_PATHS } from "@browservm/contract";
import { run } from "../../process/run.ts";
import type { ResolvedRecipe } from "../recipes/resolve-recipe.ts";

const UNPACK_MS = 60_000;

/** What the npm registry gave, proven. */
export interface Runtime {
  /** Node's binary. */
  readonly node: string;
  /** npm's tarball; absent: the image has none. */
  readonly npm?: string;
}

/**
 * Puts the recipe's files and links and the runtime into a tree. What is there is replaced, never written into:
 * the tree's files may be hard links of the cached ones.
 */
export async function dressTree(root: string, resolved: ResolvedRecipe, runtime: Runtime): Promise<void> {
  await copyFile(runtime.node, await makeRoom(root, GUEST_PATHS.node));
  if (runtime.npm !== undefined) await unpack(runtime.npm, await makeRoom(root, GUEST_PATHS.npm));
  for (const { path, mode, content } of resolved.files)
    await writeFile(await makeRoom(root, path), content, { mode, flag: "wx" });
  for (const { path, target } of resolved.links) await symlink(target, await makeRoom(root, path));
}

/** A package without what only people read; its licences stay. */
async function unpack(archive: string, place: string): Promise<void> {
  await mkdir(place, { mode: 0o755 });
  const readings = ["--exclude=package/docs", "--exclude=package/man"];
  await run(
    "tar",
    ["-xzf", archive, "-C", place, "--strip-components=1", "--no-same-owner", "-p", ...readings],
    { timeoutMs: UNPACK_MS },
  );
}

/** The place of a guest's path in the tree, free, its directory made. RECIPE_INVALID where a link would lead outside. */
async function makeRoom(root: string, path: string): Promise<string> {
  const parts = dirname(path).split("/").filter(Boolean);
  let directory = root;
  for (const part of parts) {
    directory = join(directory, part);
    const stats = await lstat(directory).catch(() => undefined); // not there yet
    if (stats?.isSymbolicLink())
      throw new BrowserVmError("RECIPE_INVALID", `${path} leads through a symbolic link`, { path });
    if (!stats) await mkdir(directory, { mode: 0o755 });
  }
  const place = join(root, path);
  await rm(place, { force: true });
  return place;
}
