export interface Confinement {
  readonly file: string;
  readonly args: readonly string[];
  /** RLIMIT_FSIZE: no file of the process grows beyond this, in bytes. */
  readonly fileSizeBytes: number;
  /** Directory of its cgroup. */
  readonly cgroup: string | undefined;
}

/**
 * Constant text; the values are arguments. It becomes the program itself (exec), so the pid stays. A full log must
 * not kill the VMM: with SIGXFSZ ignored the write fails instead (setrlimit(2)).
 */
const PREPARE = `
trap "" XFSZ
ulimit -c 0
ulimit -f "$1" || exit 126
[ -z "$2" ] || echo $$ > "$2/cgroup.procs"
shift 2
exec setpriv --no-new-privs -- "$@"`;

/** `ulimit -f` counts blocks of this size (POSIX). */
const BLOCK_BYTES = 512;

/** The command that starts a program inside its limits, before its first instruction. */
export function confined({ file, args, fileSizeBytes, cgroup }: Confinement): {
  file: string;
  args: string[];
} {
  const blocks = Math.floor(fileSizeBytes / BLOCK_BYTES);
  return {
    file: "/bin/sh",
    args: ["-c", PREPARE, "browservm-vmm", String(blocks), cgroup ?? "", file, ...args],
  };
}
