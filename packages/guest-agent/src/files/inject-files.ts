import { createHash } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { GuestParams } from "@browservm/contract/guest/calls";
import type { Manifest } from "@browservm/contract/guest/files";
import { checkPath } from "./guest-files.ts";
import { checkManifest } from "./manifest.ts";

type Files = GuestParams<"settings.apply">["files"];

/** Writes files as they are injected at boot, root's own, each whole or not at all, and then the manifest that names them. */
export async function injectFiles(files: Files, manifestPath: string): Promise<void> {
  const entries = await Promise.all(files.map(injectFile));
  const manifest: Manifest = { version: 1, files: entries };
  await writeWhole(manifestPath, Buffer.from(JSON.stringify(manifest)), 0o600);
}

/** Removes what the manifest names, and the manifest. */
export async function removeInjected(manifestPath: string): Promise<void> {
  const files = await checkManifest(manifestPath);
  await Promise.all(
    [...files.map(({ path }) => path), manifestPath].map((path) => rm(path, { force: true })),
  );
}

async function injectFile({ path, mode, data }: Files[number]): Promise<Manifest["files"][number]> {
  const content = Buffer.from(data, "base64");
  await writeWhole(checkPath(path), content, mode);
  return { path, mode, sha256: createHash("sha256").update(content).digest("hex") };
}

async function writeWhole(path: string, content: Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.browservm-part`;
  await writeFile(part, content, { mode });
  await chmod(part, mode); // whatever the umask is
  await rename(part, path);
}
