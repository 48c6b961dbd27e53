import type { Machine } from "./machine.ts";

/** `unknown` means that it could not be looked at; it is never a pass. */
export type DoctorVerdict = "pass" | "warn" | "fail" | "unknown";

export interface Finding {
  readonly verdict: DoctorVerdict;
  /** What was seen, in one line. */
  readonly evidence: string;
  /** One way out; absent when there is nothing to do. */
  readonly fix?: string;
}

/** One question about this machine. Looks, and changes nothing. */
export interface MachineCheck {
  /** Kebab-case, never re-used for another question. */
  readonly code: string;
  /** A sentence that is true when the check passes. */
  readonly title: string;
  look(machine: Machine, signal: AbortSignal): Promise<Finding>;
}

export const pass = (evidence: string): Finding => ({ verdict: "pass", evidence });
export const warn = (evidence: string, fix: string): Finding => ({ verdict: "warn", evidence, fix });
export const fail = (evidence: string, fix: string): Finding => ({ verdict: "fail", evidence, fix });
export const unknown = (evidence: string, fix: string): Finding => ({ verdict: "unknown", evidence, fix });
