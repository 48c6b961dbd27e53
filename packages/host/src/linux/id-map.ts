import { check, closeFd, O_CLOEXEC, sys } from "./libc.ts";

// asm-generic/unistd.h and asm/unistd_64.h: the same on x86_64 and arm64.
const SYS_open_tree = 428;
const SYS_move_mount = 429;
const SYS_mount_setattr = 442;
const AT_FDCWD = -100; // linux/fcntl.h
const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE_CLONE = 1; // linux/mount.h, as all below
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_IDMAP = 0x00100000n;
const MOUNT_ATTR_BYTES = 32; // sizeof(struct mount_attr)

/**
 * Puts over a mount the same mount with its owners mapped as the user namespace `userns` (a descriptor) says
 * (mount_setattr(2)): what belongs to root on disk belongs to that namespace's root there. EINVAL where kernel or file
 * system cannot.
 */
export function idMapMount(path: string, userns: number): void {
  const clone = sys.syscallOpenTree(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
  const fd = check(clone, "open_tree", path);
  try {
    // struct mount_attr { u64 attr_set, attr_clr, propagation, userns_fd }
    const attr = Buffer.alloc(MOUNT_ATTR_BYTES);
    attr.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
    attr.writeBigUInt64LE(BigInt(userns), 24);
    const { length } = attr;
    check(
      sys.syscallMountSetattr(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, attr, length),
      "mount_setattr",
      path,
    );
    check(
      sys.syscallMoveMount(SYS_move_mount, fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH),
      "move_mount",
      path,
    );
  } finally {
    closeFd(fd);
  }
}
