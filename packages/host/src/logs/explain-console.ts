import type { ErrorCode } from "@browservm/contract";

export interface ConsoleFinding {
  readonly code: ErrorCode;
  /** The line that says so, as the guest wrote it. */
  readonly line: string;
}

/**
 * What a guest's console says about its end, the gravest first. Texts: linux/kernel/panic.c, linux/mm/oom_kill.c,
 * and our own init of the initramfs.
 */
const SIGNS: ReadonlyArray<{ readonly says: RegExp; readonly code: ErrorCode }> = [
  {
    says: /Kernel panic - not syncing: (?:.*Out of memory|System is deadlocked on memory)/i,
    code: "GUEST_OUT_OF_MEMORY",
  },
  { says: /Initramfs unpacking failed: write error/i, code: "GUEST_OUT_OF_MEMORY" },
  { says: /Out of memory: Killed process \d+/, code: "GUEST_OUT_OF_MEMORY" },
  { says: /oom-kill:constraint=CONSTRAINT_NONE/, code: "GUEST_OUT_OF_MEMORY" },
  { says: /Kernel panic - not syncing/, code: "GUEST_PANICKED" },
  { says: /end Kernel panic/, code: "GUEST_PANICKED" },
  {
    says: /^(?:\[[^\]]*\] )?browservm-init: .*(?:fail|cannot|missing|no such|error)/i,
    code: "GUEST_NEVER_BOOTED",
  },
];

/** Reads the tail of a console; undefined when it shows nothing that explains an end. */
export function findConsoleFault(tail: readonly string[]): ConsoleFinding | undefined {
  for (const { says, code } of SIGNS) {
    const line = tail.find((candidate) => says.test(candidate));
    if (line !== undefined) return { code, line };
  }
  return undefined;
}

/** The code alone. */
export const explainConsole = (tail: readonly string[]): ErrorCode | undefined =>
  findConsoleFault(tail)?.code;
