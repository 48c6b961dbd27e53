import { createHash } from "node:crypto";
import { access, chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import { BrowserVmError } from "@browservm/contract";
import { unpackKernel } from "./unpack-kernel.ts";

/** Where each kernel's unpacked form lies, by the file as it was seen. */
const known = new Map<string, Promise<string>>();

/**
 * Path of the unpacked form of an image's kernel: made once, beside it, named by the packed kernel's content.
 * IMAGE_DAMAGED, DISK_FULL.
 */
export async function bootableKernel(kernel: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(kernel).catch((cause) => {
    throw new BrowserVmError("IMAGE_DAMAGED", `the kernel ${kernel} is missing`, { path: kernel }, { cause });
  });
  const seen = `${kernel}:${ino}:${size}:${mtimeMs}`;
  const path = known.get(seen) ?? makeBootable(kernel);
  known.set(seen, path);
  try {
    const made = await path;
    await access(made); // removed with its image, or by hand
    return made;
  } catch (error) {
    if (!known.delete(seen) || error instanceof BrowserVmError) throw error;
    return bootableKernel(kernel);
  }
}

async function makeBootable(kernel: string): Promise<string> {
  const packed = await readFile(kernel);
  const path = `${kernel}.unpacked-${createHash("sha256").update(packed).digest("hex").slice(0, 16)}`;
  if (
    await access(path).then(
      () => true,
      () => false,
    )
  )
    return path;
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(draft, await unpackKernel(packed, kernel));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new BrowserVmError(
      "DISK_FULL",
      `there is no space to unpack ${kernel}`,
      { path: kernel },
      { cause: error },
    );
  }
  await chmod(draft, 0o444);
  await rename(draft, path);
  return path;
}
