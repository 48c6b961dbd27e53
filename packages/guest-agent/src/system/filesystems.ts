import { access, constants, readFile, statfs } from "node:fs/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";

type Filesystem = GuestResult<"health.get">["filesystems"][number];

/** Kinds that hold what programs write; a read-only image is always full, and says nothing. */
const WRITABLE_KINDS = ["overlay", "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"];
const WRITABLE_PLACES = ["/", "/run", "/tmp"];
const MAX_FILESYSTEMS = 16;

export interface Mount {
  readonly mount: string;
  readonly readOnly: boolean;
}

/** Space on the root, on every overlay and disk, and in the memory behind /run and /tmp. */
export async function readFilesystems(): Promise<Filesystem[]> {
  const mounts = parseMounts(await readFile("/proc/mounts", "utf8")).slice(0, MAX_FILESYSTEMS);
  const looked = await Promise.all(mounts.map((mount) => lookAt(mount).catch(() => undefined)));
  return looked.filter((one) => one !== undefined); // what was unmounted meanwhile
}

/** proc_mounts(5), fstab(5): octal escapes for white space. The last mount on a place hides those before. */
export function parseMounts(text: string): Mount[] {
  const mounts = text.split("\n").flatMap((line): Array<[string, Mount]> => {
    const [, path = "", kind = "", options = ""] = line.split(" ");
    const mount = path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    if (!WRITABLE_PLACES.includes(mount) && !WRITABLE_KINDS.includes(kind)) return [];
    return [[mount, { mount: mount.slice(0, 256), readOnly: options.split(",").includes("ro") }]];
  });
  return [...new Map(mounts).values()];
}

async function lookAt({ mount, readOnly }: Mount): Promise<Filesystem> {
  const { blocks, bavail, bsize, files, ffree } = await statfs(mount);
  return {
    mount,
    totalKib: Math.round((blocks * bsize) / 1024),
    freeKib: Math.round((bavail * bsize) / 1024),
    inodesFree: files === 0 ? Number.MAX_SAFE_INTEGER : ffree, // some kinds count no inodes
    readOnly: readOnly || (await refusesWrites(mount)),
  };
}

/** The disk under an overlay may have become read-only by an error, of which the overlay's own options say nothing. */
const refusesWrites = (mount: string): Promise<boolean> =>
  access(mount, constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "EROFS",
  );
