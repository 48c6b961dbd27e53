import { check, sys } from "./libc.ts";

const MFD_CLOEXEC = 0x1; // linux/memfd.h
const MFD_ALLOW_SEALING = 0x2;
const F_ADD_SEALS = 1033; // linux/fcntl.h, as the seals
const F_SEAL_SEAL = 0x1;
const F_SEAL_SHRINK = 0x2;
const F_SEAL_GROW = 0x4;
const F_SEAL_WRITE = 0x8;

/** A file without a name, in memory only (memfd_create(2)), of `bytes` zeros that take no room yet. Close it with `closeFd`. */
export function createMemfd(label: string, bytes: number): number {
  const fd = check(sys.memfdCreate(label, MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create", label);
  check(sys.ftruncate(fd, bytes), "ftruncate", label);
  return fd;
}

/**
 * Nobody writes it from now on, and nobody changes its size, through no descriptor and no mapping, whoever opens it
 * (F_SEAL_WRITE, fcntl(2)). Private mappings of it may be written: what is written is the writer's alone.
 */
export function sealMemfd(fd: number): void {
  const seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  check(sys.fcntl(fd, F_ADD_SEALS, seals), "fcntl", "F_ADD_SEALS");
}

/** The path under which other processes of root can open a descriptor of ours, as long as we live and have it open. */
export const pathOfFd = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;
