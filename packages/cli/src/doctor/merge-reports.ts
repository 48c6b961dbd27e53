import type { DoctorReport } from "@browservm/contract";

/** What was seen without hostd and what hostd saw, as one report. */
export function mergeReports(machine: DoctorReport, host: DoctorReport): DoctorReport {
  const verdicts = [machine.verdict, host.verdict];
  const unclear = verdicts.includes("unknown") ? "unknown" : "healthy";
  return {
    ...host,
    verdict: verdicts.includes("faults") ? "faults" : unclear,
    rootCauses: [...new Set([...machine.rootCauses, ...host.rootCauses])],
    findings: [...machine.findings, ...host.findings],
    timing: { ...host.timing, totalMs: machine.timing.totalMs + host.timing.totalMs },
  };
}
