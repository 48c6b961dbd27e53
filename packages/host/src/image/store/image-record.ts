import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { sizeFault } from "../../files/size-fault.ts";
import type { Image } from "../image.ts";

const Stored = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() });

/** image.json: what an image is, and what each of its files must be. */
export const ImageRecord = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  suite: z.string(),
  arch: z.enum(["amd64", "arm64"]),
  hasBrowser: z.boolean(),
  commandLine: z.string(),
  defaults: z.object({ vcpus: z.int(), memoryMib: z.int(), diskMib: z.int() }),
  builtAt: z.iso.datetime(),
  files: z.object({ kernel: Stored, initrd: Stored, rootfs: Stored }),
});
export type ImageRecord = z.infer<typeof ImageRecord>;

export const IMAGE_FILES = ["kernel", "initrd", "rootfs"] as const;
export const RECORD_FILE = "image.json";

/** Reads the record of the image in `directory`. IMAGE_DAMAGED when it is missing, altered or another image's. */
export async function readRecord(directory: string, id: string): Promise<ImageRecord> {
  const path = join(directory, RECORD_FILE);
  const damaged = (why: string, cause?: unknown) =>
    new BrowserVmError("IMAGE_DAMAGED", `${path} ${why}`, { path, image: id }, { cause });
  const text = await readFile(path, "utf8").catch((error) => {
    throw damaged("cannot be read", error);
  });
  let record: ImageRecord;
  try {
    record = ImageRecord.parse(JSON.parse(text));
  } catch (error) {
    throw damaged("is not the record of an image", error);
  }
  if (record.id !== id) throw damaged(`is the record of ${record.id}`);
  return record;
}

/** IMAGE_DAMAGED when a file is missing or of another size. Cheap, so that it can be asked at every start of a VM. */
export async function checkSizes(directory: string, record: ImageRecord): Promise<void> {
  for (const name of IMAGE_FILES) {
    const path = join(directory, name);
    const fault = await sizeFault(path, record.files[name].size);
    if (fault !== undefined)
      throw new BrowserVmError("IMAGE_DAMAGED", `${path} ${fault}`, { path, image: record.id });
  }
}

export function toImage(directory: string, record: ImageRecord): Image {
  const { id, name, suite, hasBrowser, commandLine, defaults, builtAt } = record;
  return {
    id,
    name,
    suite,
    hasBrowser,
    commandLine,
    defaults,
    builtAt,
    kernel: join(directory, "kernel"),
    initrd: join(directory, "initrd"),
    rootfs: join(directory, "rootfs"),
  };
}
