import { createHash } from "node:crypto";
import { mkdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { run } from "../../process/run.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { RegistryPackage } from "../recipes/recipe.ts";
import { removeTree } from "./remove-tree.ts";

const DOWNLOAD_MS = 10 * 60_000;

export interface PackageSource {
  readonly cache: string;
  /** Empty: npm's own configuration. */
  readonly registry: string;
}

/**
 * The path of a pinned package's tarball: from the cache, or the npm registry. It is proven by its hash each time.
 * IMAGE_BUILD_FAILED, TOOL_MISSING.
 */
export async function registryPackage(
  progress: Progress,
  pinned: RegistryPackage,
  { cache, registry }: PackageSource,
): Promise<string> {
  const path = join(cache, archiveOf(pinned));
  if (await isPinned(path, pinned)) return path;
  const staging = join(cache, `.staging-${pinned.package}`);
  await using undo = new UndoStack();
  await mkdir(staging, { mode: 0o700 });
  undo.defer(() => removeTree(staging));
  await rename(await download(progress, pinned, { staging, registry }), path);
  return path;
}

/** Fetches a package's tarball into a directory, and proves it. */
export async function download(
  progress: Progress,
  pinned: RegistryPackage,
  { staging, registry }: { readonly staging: string; readonly registry: string },
): Promise<string> {
  const spec = specOf(pinned);
  progress.note(`fetching ${spec}`);
  await run(
    "npm",
    ["pack", spec, "--pack-destination", staging, ...(registry ? ["--registry", registry] : [])],
    {
      signal: progress.signal,
      timeoutMs: DOWNLOAD_MS,
      cwd: staging,
      env: npmEnvironment(process.env),
    },
  );
  const archive = join(staging, archiveOf(pinned));
  if (!(await isPinned(archive, pinned))) throw notPinned(pinned, "is not the pinned package");
  return archive;
}

/** npm's settings, certificates and proxies, wherever a person puts them. */
const LEADS_TO_REGISTRY = /^(npm_config_.*|node_use_system_ca|node_extra_ca_certs|(https?|no)_proxy)$/i;

/** The npm of who started us, which a machine may have nowhere else: the launcher fetches one where there is none. */
const npmEnvironment = ({ PATH = "/usr/local/bin:/usr/bin:/bin", ...ours }: NodeJS.ProcessEnv) => ({
  ...Object.fromEntries(
    Object.entries(ours).flatMap(([name, value]) =>
      value !== undefined && LEADS_TO_REGISTRY.test(name) ? [[name, value]] : [],
    ),
  ),
  PATH: `${PATH}:${dirname(process.execPath)}`,
  HOME: homedir(),
});

/** IMAGE_BUILD_FAILED, for what came is not what was meant. */
export function notPinned(pinned: RegistryPackage, why: string): BrowserVmError {
  const spec = specOf(pinned);
  return new BrowserVmError("IMAGE_BUILD_FAILED", `${spec} ${why}`, { log: [], package: spec });
}

async function isPinned(archive: string, { integrity }: RegistryPackage): Promise<boolean> {
  const bytes = await readFile(archive).catch(() => undefined); // not there
  return bytes !== undefined && `sha512-${createHash("sha512").update(bytes).digest("base64")}` === integrity;
}

const specOf = ({ package: name, version }: RegistryPackage): string => `${name}@${version}`;
const archiveOf = ({ package: name, version }: RegistryPackage): string => `${name}-${version}.tgz`;
