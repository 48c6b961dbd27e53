import type { DoctorVerdict, Finding, MachineCheck } from "./check.ts";
import { PREFLIGHT } from "./checks.ts";
import type { Machine } from "./machine.ts";

export interface DoctorLine extends Finding {
  readonly code: string;
  readonly title: string;
}

export interface DoctorReport {
  /** The worst verdict of all lines: fail, then unknown, then warn, then pass. */
  readonly verdict: DoctorVerdict;
  readonly checks: readonly DoctorLine[];
}

const WORST_FIRST: readonly DoctorVerdict[] = ["fail", "unknown", "warn", "pass"];

/** Looks at this machine with every check at once. A check that breaks or takes longer than `timeoutMs` is `unknown`. */
export async function preflight(
  machine: Machine,
  { checks = PREFLIGHT, timeoutMs = 15_000 }: { checks?: readonly MachineCheck[]; timeoutMs?: number } = {},
): Promise<DoctorReport> {
  const lines = await Promise.all(checks.map((check) => line(check, machine, timeoutMs)));
  const verdict = WORST_FIRST.find((one) => lines.some((found) => found.verdict === one)) ?? "unknown";
  return { verdict, checks: lines };
}

async function line(check: MachineCheck, machine: Machine, timeoutMs: number): Promise<DoctorLine> {
  const { code, title } = check;
  const deadline = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(new Error(`it took longer than ${timeoutMs} ms`)), {
      once: true,
    });
  });
  try {
    return { code, title, ...(await Promise.race([check.look(machine, deadline), late])) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { code, title, verdict: "unknown", evidence: words, fix: "Run it again as root." };
  }
}
