import { Standby } from "../process/standby.ts";

/** A file of the image: Node has no ioctl, and perl-base is part of every Debian and Ubuntu. */
const SCRIPT = "/usr/lib/browservm/reseed.pl";
/** clock_settime(2) by number: asm/unistd_64.h for x86_64, asm-generic/unistd.h for aarch64. */
const CLOCK_SETTIME: Readonly<Record<string, number>> = { x64: 227, arm64: 112 };
const SEED_BYTES = 32;
const RESEED_MS = 30_000;
/** A difference that a healthy channel can make by itself; smaller steps are left alone. */
const TOLERATED_MS = 1500;

const program = new Standby("perl", [SCRIPT, String(CLOCK_SETTIME[process.arch] ?? "")]);

/** Has the program wait for its seed, before a VM is frozen. */
export const prepareReseed = (): void => program.prepare();

export interface Freshness {
  /** 32 random bytes in base64. */
  readonly seed: string;
  readonly hostTime: string;
}

/**
 * Mixes the host's bytes into the kernel's pool and makes its generators begin anew from there; sets the clock.
 * Answers the clock's step in milliseconds. What draws randomness before it settles draws what other clones draw.
 */
export async function reseed(fresh: Freshness): Promise<number> {
  const stepMs = clockStep(fresh.hostTime, Date.now());
  await program.order(orderOf(fresh, stepMs), RESEED_MS);
  return stepMs;
}

export function clockStep(hostTime: string, now: number): number {
  const stepMs = Date.parse(hostTime) - now;
  return Math.abs(stepMs) < TOLERATED_MS ? 0 : stepMs;
}

/** The line that the program reads: the seed in hex, and the time as seconds and nanoseconds, or "-" to leave the clock. */
export function orderOf({ seed, hostTime }: Freshness, stepMs: number): string {
  const bytes = Buffer.from(seed, "base64");
  if (bytes.length !== SEED_BYTES) throw new Error(`a seed has ${SEED_BYTES} bytes`);
  const ms = Date.parse(hostTime);
  const time = stepMs === 0 ? "-" : `${Math.floor(ms / 1000)} ${(ms % 1000) * 1_000_000}`;
  return `${bytes.toString("hex")} ${time}\n`;
}
