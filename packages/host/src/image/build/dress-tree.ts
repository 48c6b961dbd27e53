import { copyFile, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrowserVmError, GUEST_PATHS } from "@browservm/contract";
import type { ResolvedRecipe } from "../recipes/resolve-recipe.ts";

/**
 * Puts the recipe's files and links and the Node runtime into a tree. What is there is replaced, never written into:
 * the tree's files may be hard links of the cached ones.
 */
export async function dressTree(root: string, resolved: ResolvedRecipe, nodeBinary: string): Promise<void> {
  const node = await makeRoom(root, GUEST_PATHS.node);
  await copyFile(nodeBinary, node);
  for (const { path, mode, content } of resolved.files)
    await writeFile(await makeRoom(root, path), content, { mode, flag: "wx" });
  for (const { path, target } of resolved.links) await symlink(target, await makeRoom(root, path));
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
