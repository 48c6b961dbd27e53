import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, open, rm } from "node:fs/promises";
import { BrowserVmError, type Manifest, type ManifestEntry } from "@browservm/contract";
import type { z } from "zod";
import { diskFull } from "../../files/disk-full.ts";
import type { Image, InjectedFile, WriteInitrd } from "../image.ts";
import { type CpioEntry, encodeCpio, padding } from "./cpio.ts";

const MAX_FILES = 256;
const MAX_BYTES = 64 * 1024 * 1024;

/** The image's initrd plus one extra cpio with `files` and their manifest. BAD_REQUEST, DISK_FULL. */
export const writeInitrd: WriteInitrd = async (image, files, path) => {
  const { archive, entries } = encodeInjection(files);
  try {
    await copyFile(image.initrd, path, constants.COPYFILE_FICLONE);
    await append(image, path, archive);
  } catch (error) {
    await rm(path, { force: true });
    throw diskFull(error, path);
  }
  return entries;
};

async function append(image: Image, path: string, archive: Uint8Array): Promise<void> {
  await using file = await open(path, "a");
  await file.chmod(0o600);
  const { size } = await file.stat();
  if (size === 0)
    throw new BrowserVmError("IMAGE_DAMAGED", `${image.initrd} is empty`, { path: image.initrd });
  // The kernel looks for the next archive at a multiple of four (init/initramfs.c).
  await file.appendFile(padding(size));
  await file.appendFile(archive);
}

/**
 * The archive that our init reads: each file under a number, `list` with mode, number and path, and the manifest that
 * the agent checks. Paths never become names in the archive, so none can escape from it.
 */
export function encodeInjection(files: readonly InjectedFile[]): {
  readonly archive: Buffer;
  readonly entries: readonly z.infer<typeof ManifestEntry>[];
} {
  checkFiles(files);
  const entries = files.map(({ path, mode, content }) => ({
    path,
    mode,
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
  const manifest: Manifest = { version: 1, files: entries };
  const archive = encodePayload("inject", files, [
    {
      kind: "file",
      path: "inject/manifest.json",
      mode: 0o600,
      content: Buffer.from(JSON.stringify(manifest)),
    },
  ]);
  return { archive, entries };
}

/** The form in which our init takes files from a directory of the initramfs. */
export function encodePayload(
  directory: string,
  files: readonly InjectedFile[],
  more: readonly CpioEntry[] = [],
): Buffer {
  const list = files.map(({ path, mode }, index) => `${mode.toString(8)} ${index} ${path}\n`).join("");
  return encodeCpio([
    { kind: "directory", path: directory, mode: 0o700 },
    { kind: "file", path: `${directory}/list`, mode: 0o600, content: Buffer.from(list) },
    ...files.map(
      ({ mode, content }, index): CpioEntry => ({
        kind: "file",
        path: `${directory}/${index}`,
        mode,
        content,
      }),
    ),
    ...more,
  ]);
}

function checkFiles(files: readonly InjectedFile[]): void {
  const refuse = (why: string, path?: string) =>
    new BrowserVmError("BAD_REQUEST", `a file cannot be put into the guest: ${why}`, { path });
  if (files.length > MAX_FILES) throw refuse(`more than ${MAX_FILES} files`);
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MAX_BYTES) throw refuse(`more than ${MAX_BYTES} bytes`);
  const seen = new Set<string>();
  for (const { path, mode } of files) {
    const fault = pathFault(path);
    if (fault) throw refuse(fault, path);
    if (seen.has(path)) throw refuse("its path is given twice", path);
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777)
      throw refuse("its mode is not one of 0 to 0777", path);
    seen.add(path);
  }
}

function pathFault(path: string): string | undefined {
  if (!path.startsWith("/")) return "its path is not absolute";
  if (path.length > 512) return "its path is too long";
  const parts = path.slice(1).split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    return "its path is not a plain one";
  // The list is read line by line, and the shell's `read` drops white space at the end.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused
  if (/[\u0000-\u001f\u007f]/.test(path) || path.endsWith(" "))
    return "its path holds a character that is not allowed";
  return undefined;
}
