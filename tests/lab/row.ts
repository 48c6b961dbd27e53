import type { DoctorReport } from "@browservm/contract";

/** One line of the matrix. */
export interface LabRow {
  readonly name: string;
  readonly kind: "fault" | "pair" | "harmless" | "healing" | "healthy";
  /** What had to be named; nothing for what must stay green. */
  readonly expected: readonly string[];
  readonly got: readonly string[];
  readonly passed: boolean;
  /** Milliseconds: the examination; for `healing` from the injection until the watch told of its repair. */
  readonly ms: number;
  /** Milliseconds of `--fix`, with its two looks. */
  readonly fixMs?: number;
  readonly complaints: readonly string[];
  /** What the doctor said, for a row that failed. */
  readonly report?: DoctorReport;
}
