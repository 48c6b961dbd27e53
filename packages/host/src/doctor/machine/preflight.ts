import { randomUUID } from "node:crypto";
import type { DoctorFinding, DoctorReport } from "@browservm/contract";
import { type Judgement, unknown } from "../check.ts";
import { rootPrivileges } from "../checks/machine/root-privileges.ts";
import type { MachineCheck } from "./check.ts";
import { PREFLIGHT } from "./checks.ts";
import type { Machine } from "./machine.ts";

export interface PreflightOptions {
  readonly checks?: readonly MachineCheck[];
  readonly timeoutMs?: number;
}

/** Looks at this machine with every check at once. A check that breaks or takes longer than `timeoutMs` is `unknown`. */
export async function preflight(
  machine: Machine,
  { checks = PREFLIGHT, timeoutMs = 15_000 }: PreflightOptions = {},
): Promise<DoctorReport> {
  const since = performance.now();
  const at = new Date().toISOString();
  const findings = await Promise.all(
    checks.map(async (check) => toFinding(check, await judge(check, machine, timeoutMs), at)),
  );
  const totalMs = performance.now() - since;
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  const isUnclear = findings.some(({ verdict }) => verdict === "unknown");
  return {
    version: 1,
    runId: randomUUID(),
    at,
    subject: "machine",
    verdict: failed.length > 0 ? "faults" : isUnclear ? "unknown" : "healthy",
    rootCauses: failed.map(({ code }) => code),
    findings,
    lastSeen: [],
    timing: { snapshotMs: totalMs, probeMs: 0, totalMs },
  };
}

async function judge(check: MachineCheck, machine: Machine, timeoutMs: number): Promise<Judgement> {
  if (isClosed(check, machine))
    return unknown("only root can look at this", [], rootPrivileges.explanation.fix);
  const deadline = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(new Error(`it took longer than ${timeoutMs} ms`)), {
      once: true,
    });
  });
  try {
    return await Promise.race([check.look(machine, deadline), late]);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return unknown(`it could not be looked at: ${words}`.slice(0, 1000), []);
  }
}

const isClosed = ({ needsRoot }: MachineCheck, { uid }: Machine) => needsRoot === true && uid !== 0;

function toFinding(check: MachineCheck, judgement: Judgement, at: string): DoctorFinding {
  const { code, title, explanation } = check;
  const evidence = judgement.seen.map(({ source, subject, excerpt }) => ({
    source,
    subject: subject.slice(0, 200),
    excerpt: excerpt.slice(0, 2000),
    at,
  }));
  const line = {
    code,
    layer: "host" as const,
    title,
    verdict: judgement.verdict,
    evidence,
    suppressedBy: [],
  };
  if (!("cause" in judgement)) return line;
  const isForRoot =
    judgement.verdict === "unknown" && judgement.seen.length === 0 && check.needsRoot === true;
  // What could not be looked at needs no repair yet.
  const fix = judgement.fix ?? (judgement.verdict === "unknown" ? undefined : explanation.fix);
  return {
    ...line,
    cause: judgement.cause,
    ...(fix ? { fix } : {}),
    suppressedBy: isForRoot ? [rootPrivileges.code] : [],
  };
}
