import { type BrowserVmError, type ErrorCode, isBrowserVmError } from "@browservm/contract";
import { CommanderError } from "commander";

/** What the command's exit status says. `exec` and `ssh` pass on the status of what they ran instead. */
export const EXIT = {
  /** Done, or: it is as it should be. */
  ok: 0,
  /** Refused or failed; the error says why. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** It could not be told, e.g. a deadline passed or a check could not look. */
  unknown: 3,
  /** `doctor --fix`: something was wrong, was repaired, and is in order now. */
  fixed: 4,
  /** A bug in BrowserVM. */
  bug: 70,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  DEADLINE_EXCEEDED: EXIT.unknown,
  CANCELLED: EXIT.interrupted,
  INTERNAL: EXIT.bug,
};

/** The exit status that an error stands for. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!isBrowserVmError(error)) return EXIT.bug;
  return STATUS_OF[(error satisfies BrowserVmError).code] ?? EXIT.refused;
}
