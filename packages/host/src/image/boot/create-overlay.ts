import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { diskFull, requireSpace } from "../../files/disk-full.ts";
import { run } from "../../process/run.ts";
import type { CreateOverlay } from "../image.ts";

const MIB = 1024 * 1024;
/** A new overlay takes 0.1 MiB; a guest without room for its start would only fail later, and worse. */
const ROOM_MIB = 64;

/**
 * No journal: an overlay never outlives its VM. No discard: the file has just been made of holes. Tables are written
 * when they are first used.
 */
const FORMAT = [
  "-q",
  "-F",
  "-m",
  "0",
  "-O",
  "^has_journal,^resize_inode,^metadata_csum_seed",
  "-E",
  "lazy_itable_init=1,nodiscard,root_owner=0:0",
];

/** Sparse ext4 overlay disk of a VM. An existing file is never overwritten (EEXIST). DISK_FULL names the path. */
export const createOverlay: CreateOverlay = async (path, sizeMib) => {
  await requireSpace(dirname(path), ROOM_MIB);
  {
    await using file = await open(path, "wx", 0o600);
    await file.truncate(sizeMib * MIB);
  }
  try {
    await run("mkfs.ext4", [...FORMAT, path], { timeoutMs: 60_000 });
  } catch (error) {
    await rm(path, { force: true });
    throw diskFull(error, path);
  }
};
