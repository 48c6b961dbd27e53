import type { DoctorFinding, DoctorReport, VmId } from "@browservm/contract";
import type { Expected } from "./fault.ts";

/** What a report says of an injected fault, and what it should have said. */
export interface Judged {
  /** The expected root cause is named, and no other that does not belong to it. */
  readonly named: boolean;
  /** What is wrong with the report, in words; empty when it is as expected. */
  readonly complaints: readonly string[];
  /** Failed and warning codes that no other explains. */
  readonly got: readonly string[];
}

export function judgeReport(report: DoctorReport, vmId: VmId, expected: Expected): Judged {
  const findings = report.findings.filter((one) => one.vmId === undefined || one.vmId === vmId);
  const main = findings.find(({ code }) => code === expected.code);
  const complaints = [
    ...nameComplaints(report, main, expected),
    ...(expected.symptoms ?? []).flatMap((code) => symptomComplaint(findings, code)),
    ...fixComplaint(main, expected),
  ];
  return { named: isNamed(report, main, expected), complaints, got: troubles(report, findings) };
}

function isNamed(
  { rootCauses, verdict }: DoctorReport,
  main: DoctorFinding | undefined,
  { code, also = [], verdict: wanted = "fail" }: Expected,
): boolean {
  const strangers = rootCauses.filter((cause) => cause !== code && !also.includes(cause));
  if (strangers.length > 0) return false;
  if (wanted === "warn") return main?.verdict === "warn" && verdict !== "unknown";
  return rootCauses.includes(code);
}

function nameComplaints(report: DoctorReport, main: DoctorFinding | undefined, expected: Expected): string[] {
  const { code, also = [], verdict = "fail" } = expected;
  const strangers = report.rootCauses.filter((cause) => cause !== code && !also.includes(cause));
  const found = main?.verdict ?? "absent";
  return [
    ...(found === verdict ? [] : [`${code} is ${found}`]),
    ...(main?.suppressedBy.length ? [`${code} is put down to ${main.suppressedBy.join(", ")}`] : []),
    ...(strangers.length > 0 ? [`also blamed: ${strangers.join(", ")}`] : []),
  ];
}

function symptomComplaint(findings: readonly DoctorFinding[], code: string): string[] {
  const symptom = findings.find((one) => one.code === code);
  if (symptom?.verdict !== "fail") return [`symptom ${code} is ${symptom?.verdict ?? "absent"}`];
  return symptom.suppressedBy.length > 0 ? [] : [`symptom ${code} stands alone`];
}

function fixComplaint(main: DoctorFinding | undefined, { fix }: Expected): string[] {
  if (!main?.fix || main.fix.kind === fix) return [];
  return [`its fix is ${main.fix.kind}, not ${fix}`];
}

function troubles({ rootCauses }: DoctorReport, findings: readonly DoctorFinding[]): string[] {
  const warnings = findings.filter(
    ({ verdict, suppressedBy }) => verdict === "warn" && suppressedBy.length === 0,
  );
  return [...rootCauses, ...new Set(warnings.map(({ code }) => `(${code})`))];
}

/** What a report of a healthy VM must not contain: failures, and what could not be looked at. */
export function falseAlarms({ verdict, findings }: DoctorReport): string[] {
  const wrong = findings.filter((one) => one.verdict === "fail" || one.verdict === "unknown");
  const words = wrong.map(({ code, verdict: found, cause }) => `${code} is ${found}: ${cause ?? ""}`);
  return verdict === "healthy" ? words : [`the verdict is ${verdict}`, ...words];
}
