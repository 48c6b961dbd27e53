import { chmod, copyFile, link, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, isBrowserVmError, type Progress, paths } from "@browservm/contract";
import { diskFull } from "../../files/disk-full.ts";
import { syncDirectory, syncFile } from "../../files/lasting.ts";
import { sha256OfFile } from "../../files/sha256.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { type AgentBundle, bundleAgent, bundleMedia, type MediaBundle } from "../agent-bundle.ts";
import type { Image, ImageStore } from "../image.ts";
import type { Arch } from "../recipes/recipe.ts";
import { hostArch, imageIdOf, type ResolvedRecipe, resolveRecipe } from "../recipes/resolve-recipe.ts";
import { BuildLock } from "../store/build-lock.ts";
import { IMAGE_FILES, type ImageRecord, RECORD_FILE } from "../store/image-record.ts";
import { openImageStore } from "../store/image-store.ts";
import { type Base, buildBase } from "./build-base.ts";
import { ourArchive } from "./initramfs.ts";
import { removeLeftovers, removeTree } from "./remove-tree.ts";

export interface BuildOptions {
  readonly recipe: string;
  readonly config: Config;
  /** Instead of the configured one. */
  readonly suite?: string;
  readonly arch?: Arch;
  /** Another agent's main module, for tests. */
  readonly agentEntry?: string;
}

/**
 * The image of a recipe: at once when the store has it, else built. Needs root. Whatever ends a build early, nothing
 * half-made is ever in the store. RECIPE_NOT_FOUND, RECIPE_INVALID, IMAGE_BUILD_FAILED, TOOL_MISSING, DISK_FULL.
 */
export async function buildImage(progress: Progress, options: BuildOptions): Promise<Image> {
  const { config, recipe, suite = config.image.suite, arch = hostArch() } = options;
  const resolved = resolveRecipe({ recipe, suite, arch, config });
  progress.step("agent");
  const agent = await bundleAgent(options.agentEntry);
  const media = resolved.browser ? await bundleMedia(arch) : undefined;
  const id = imageIdOf(resolved, agent.sha256, media?.sha256);
  const store = openImageStore(config);
  const built = await findBuilt(store, id);
  if (built) return built;

  const { images, cache } = paths(config);
  await mkdir(images, { recursive: true, mode: 0o755 });
  await mkdir(cache, { recursive: true, mode: 0o700 });
  using _lock = await BuildLock.take(progress, join(images, ".build-lock"));
  const builtMeanwhile = await findBuilt(store, id);
  if (builtMeanwhile) return builtMeanwhile;
  try {
    await removeLeftovers(images);
    await removeLeftovers(cache);
    const base = await buildBase(progress, { resolved, cache, config });
    await assemble(progress, { resolved, agent, media, id, base, images });
  } catch (error) {
    throw diskFull(error, config.stateDir);
  }
  return store.find(id);
}

async function findBuilt(store: ImageStore, id: string): Promise<Image | undefined> {
  return store.find(id).catch((error) => {
    if (isBrowserVmError(error, "IMAGE_NOT_FOUND")) return undefined;
    throw error;
  });
}

interface Parts {
  readonly resolved: ResolvedRecipe;
  readonly agent: AgentBundle;
  readonly media: MediaBundle | undefined;
  readonly id: string;
  readonly base: Base;
  readonly images: string;
}

/** Puts an image together beside the store, makes it durable, and moves it in with one rename. */
async function assemble(progress: Progress, parts: Parts): Promise<void> {
  progress.step("image");
  const { resolved, id, base, images } = parts;
  const staging = join(images, `.staging-${id}`);
  await using undo = new UndoStack();
  undo.defer(() => removeTree(staging));
  await mkdir(staging, { mode: 0o755 });
  const tools = await readFile(base.tools);
  await writeFile(join(staging, "initrd"), Buffer.concat([tools, ourArchive(parts)]));
  await copyFile(base.kernel, join(staging, "kernel"));
  await linkOrCopy(base.rootfs, join(staging, "rootfs"));
  await writeFile(
    join(staging, RECORD_FILE),
    `${JSON.stringify(await record({ resolved, id, staging }), null, 2)}\n`,
  );
  for (const name of [...IMAGE_FILES, RECORD_FILE]) {
    await chmod(join(staging, name), 0o444);
    await syncFile(join(staging, name));
  }
  await syncDirectory(staging);
  await rename(staging, join(images, id));
  undo.keep();
  await syncDirectory(images);
}

async function record(made: {
  readonly resolved: ResolvedRecipe;
  readonly id: string;
  readonly staging: string;
}): Promise<ImageRecord> {
  const { name, suite, arch, commandLine, defaults, browser } = made.resolved;
  const stored = async (file: string) => ({
    sha256: await sha256OfFile(join(made.staging, file)),
    size: (await stat(join(made.staging, file))).size,
  });
  return {
    version: 1,
    id: made.id,
    name,
    suite,
    arch,
    hasBrowser: browser !== undefined,
    commandLine,
    defaults,
    builtAt: new Date().toISOString(),
    files: { kernel: await stored("kernel"), initrd: await stored("initrd"), rootfs: await stored("rootfs") },
  };
}

/** Images that differ in their agent only share one rootfs on disk. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const elsewhere = error instanceof Error && "code" in error && error.code === "EXDEV";
    if (!elsewhere) throw error;
    await copyFile(from, to);
  }
}
