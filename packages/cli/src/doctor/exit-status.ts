import {
  type DoctorFixReport,
  type DoctorReport,
  type ErrorCode,
  isBrowserVmError,
} from "@browservm/contract";
import { EXIT, exitStatusOf } from "../exit-codes.ts";

const STATUS = { healthy: EXIT.ok, faults: EXIT.refused, unknown: EXIT.unknown } as const;

export const exitStatusOfReport = ({ verdict }: Pick<DoctorReport, "verdict">): number => STATUS[verdict];

/** `fixed` only when something was done and the second look found everything in order. */
export function exitStatusOfFix({ before, steps, after }: DoctorFixReport): number {
  if (!after) return exitStatusOfReport(before);
  const isFixed = after.verdict === "healthy" && steps.some(({ done }) => done);
  return isFixed ? EXIT.fixed : exitStatusOfReport(after);
}

/** What a person named wrongly. */
const WRONG_USE: readonly ErrorCode[] = [
  "SESSION_NOT_FOUND",
  "VM_NOT_FOUND",
  "BAD_REQUEST",
  "BAD_CONFIG",
  "CHECK_NOT_FOUND",
  "OUTPUT_NOT_WRITTEN",
];

/** Who cannot look has found no fault: everything but wrong use, a bug and Ctrl-C means `unknown`. */
export function exitStatusOfTrouble(error: unknown): number {
  if (!isBrowserVmError(error)) return exitStatusOf(error);
  if (WRONG_USE.includes(error.code)) return EXIT.usage;
  const status = exitStatusOf(error);
  return status === EXIT.refused ? EXIT.unknown : status;
}
