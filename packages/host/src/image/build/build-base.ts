import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config, Progress } from "@browservm/contract";
import { z } from "zod";
import { requireSpace } from "../../files/disk-full.ts";
import { sha256OfFile } from "../../files/sha256.ts";
import { run } from "../../process/run.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { ResolvedRecipe } from "../recipes/resolve-recipe.ts";
import { buildTree } from "./build-tree.ts";
import { dressTree } from "./dress-tree.ts";
import { toolsArchive } from "./initramfs.ts";
import { nodeRuntime } from "./node-runtime.ts";
import { registryPackage } from "./registry-package.ts";
import { removeSuperseded, removeTree } from "./remove-tree.ts";

const BASE_FILES = ["kernel", "rootfs", "tools"] as const;
const Sums = z.strictObject({ kernel: z.string(), rootfs: z.string(), tools: z.string() });
const MKFS_MS = 15 * 60_000;

/** All of an image that does not change with the agent: the kernel, the read-only disk, busybox and modules. */
export interface Base {
  readonly kernel: string;
  readonly rootfs: string;
  readonly tools: string;
  readonly sums: z.infer<typeof Sums>;
}

interface BaseOptions {
  readonly resolved: ResolvedRecipe;
  readonly cache: string;
  readonly config: Pick<Config, "image">;
}

/** The base of a recipe, from the cache where an undamaged one lies. */
export async function buildBase(progress: Progress, { resolved, cache, config }: BaseOptions): Promise<Base> {
  const prefix = `base-${resolved.name}-${resolved.suite}-`;
  const name = `${prefix}${resolved.baseKey}`;
  const home = join(cache, name);
  const cached = await readBase(home);
  if (cached) return cached;

  await requireSpace(cache, resolved.buildMib);
  progress.step("packages");
  const tree = await buildTree(progress, resolved, cache);
  progress.step("runtime");
  const from = { cache, registry: config.image.npmRegistry };
  const node = await nodeRuntime(progress, resolved.node, from);
  const npm = resolved.npm && (await registryPackage(progress, resolved.npm, from));

  const staging = join(cache, `.staging-${name}`);
  await using undo = new UndoStack();
  undo.defer(() => removeTree(staging));
  await mkdir(staging, { mode: 0o700 });
  progress.step("rootfs");
  const root = join(staging, "root");
  // Hard links: the cached tree is only read.
  await run("cp", ["-al", tree.root, root], { signal: progress.signal, timeoutMs: MKFS_MS });
  await dressTree(root, resolved, { node, ...(npm ? { npm } : {}) });
  await writeRootfs(progress, root, join(staging, "rootfs"));
  await copyFile(tree.kernel, join(staging, "kernel"));
  const tools = await toolsArchive(progress, resolved, { root, scratch: join(staging, "modules") });
  await writeFile(join(staging, "tools"), tools);
  await removeTree(root);
  await removeTree(join(staging, "modules"));
  await writeFile(join(staging, "sums.json"), JSON.stringify(await sumsOf(staging)));
  await removeTree(home); // a damaged one, if any
  await rename(staging, home);
  await removeSuperseded(cache, prefix, name);
  await removeSuperseded(cache, `tree-${resolved.name}-${resolved.suite}-`, treeName(resolved));
  const base = await readBase(home);
  if (!base) throw new Error(`${home} changed while it was made`);
  return base;
}

const treeName = ({ name, suite, treeKey }: ResolvedRecipe): string => `tree-${name}-${suite}-${treeKey}`;

/** erofs with lz4: half the size on disk, and read by every kernel since 5.4 (jammy has 5.15 or 6.8). */
async function writeRootfs(progress: Progress, root: string, path: string): Promise<void> {
  await run("mkfs.erofs", ["-zlz4", "--quiet", path, root], { signal: progress.signal, timeoutMs: MKFS_MS });
}

async function sumsOf(directory: string): Promise<z.infer<typeof Sums>> {
  const [kernel = "", rootfs = "", tools = ""] = await Promise.all(
    BASE_FILES.map((name) => sha256OfFile(join(directory, name))),
  );
  return { kernel, rootfs, tools };
}

/** Undefined when there is none, or when one of its files is not what was made. */
async function readBase(home: string): Promise<Base | undefined> {
  const text = await readFile(join(home, "sums.json"), "utf8").catch(() => undefined); // not made yet
  if (text === undefined) return undefined;
  const sums = Sums.parse(JSON.parse(text));
  const found = await sumsOf(home).catch(() => undefined); // a file is missing
  if (JSON.stringify(found) !== JSON.stringify(sums)) return undefined;
  const [kernel, rootfs, tools] = [join(home, "kernel"), join(home, "rootfs"), join(home, "tools")];
  return { kernel, rootfs, tools, sums };
}
