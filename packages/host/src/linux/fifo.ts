import { check, sys } from "./libc.ts";

const OWNER_ONLY = 0o600;

/** Makes a named pipe that only its owner can open. SyscallError (mkfifo(3)), e.g. EEXIST. */
export function makeFifo(path: string): void {
  check(sys.mkfifo(path, OWNER_ONLY), "mkfifo", path);
}
