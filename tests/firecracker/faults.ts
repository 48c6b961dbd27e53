import { isBrowserVmError } from "@browservm/contract";
import { isSyscallError } from "../../packages/host/src/linux/libc.ts";

/** Answered as 400 with `fault_message`; the texts are those of the real 1.16.1. */
export class StandInFault extends Error {}

/** A load that failed: the real process answers, and then ends. */
export class FatalFault extends StandInFault {}

export const PRE_BOOT = "The requested operation is not supported before starting the microVM.";
export const POST_BOOT = "The requested operation is not supported after starting the microVM.";

/** As the GNU C library and Rust say them; musl's words differ, the number does not. */
const WORDS: Readonly<Record<string, readonly [words: string, errno: number]>> = {
  EPERM: ["Operation not permitted", 1],
  ENOENT: ["No such file or directory", 2],
  EACCES: ["Permission denied", 13],
  EBUSY: ["Device or resource busy", 16],
  EINVAL: ["Invalid argument", 22],
  EADDRINUSE: ["Address already in use", 98],
};

/** An errno in Rust's way, e.g. "Device or resource busy (os error 16)". */
export function osError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const [words, errno] = WORDS[code] ?? [code, 0];
  return `${words} (os error ${errno})`;
}

/** What Firecracker says when it cannot open a TAP. */
export function tapFault(error: unknown, tap: string): string {
  const cause = isBrowserVmError(error) ? error.cause : error;
  if (isBrowserVmError(error, "TUN_UNAVAILABLE")) return `Couldn't open /dev/net/tun: ${osError(cause)}`;
  if (!isSyscallError(cause)) return "Invalid interface name";
  return `Error while creating ifreq structure: ${osError(cause)}. Invalid TUN/TAP Backend provided by ${tap}. Check our documentation on setting up the network devices.`;
}
