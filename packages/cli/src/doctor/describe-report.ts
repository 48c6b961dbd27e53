import { DOCTOR_LAYERS, type DoctorFinding, type DoctorLayer, type DoctorReport } from "@browservm/contract";
import { printable } from "../output.ts";

const MARK = { pass: "✓", warn: "!", fail: "✗", unknown: "?", skip: "–" } as const;
const WORST_FIRST = ["fail", "unknown", "warn", "pass", "skip"] as const;
const EVIDENCE_LINES = 6;
/** Of one code; more VMs with the same trouble are only named. */
const IN_FULL = 3;

const ONLY_MACHINE =
  "– only this machine: the bridge, the rules and the VMs can be looked at while hostd runs";

type Verdict = DoctorFinding["verdict"];

/** For people: layer by layer, troubles in full with their symptoms under them, and one line of sum at the end. */
export function describeReport(report: DoctorReport): string {
  const layers = DOCTOR_LAYERS.flatMap((layer) => describeLayer(layer, report.findings));
  const lastSeen = report.lastSeen.map(
    ({ vmId, at, words }) =>
      `? ${vmId}: its path is dead, and no check says why. Packets were last seen at the ${at}: ${printable(words)}`,
  );
  const only = report.subject === "machine" ? [ONLY_MACHINE] : [];
  return [...layers, ...only, ...lastSeen, "", totalLine(report)].join("\n");
}

/** Only what is not in order, root causes first seen first. */
export function describeTroubles(findings: readonly DoctorFinding[]): string {
  return troublesOf(findings)
    .flatMap((finding) => describeTrouble(finding, findings))
    .join("\n");
}

/** "✗ 1 fault (tap-orphan), 2 warnings, 70 in order; 0.9 s" */
export function totalLine({ verdict, rootCauses, findings, timing }: DoctorReport): string {
  const mark = { healthy: MARK.pass, faults: MARK.fail, unknown: MARK.unknown }[verdict];
  const named = rootCauses.length > 0 ? ` (${rootCauses.join(", ")})` : "";
  const roots = findings.filter(({ suppressedBy }) => suppressedBy.length === 0);
  const words = [
    ...(verdict === "healthy" ? ["healthy"] : []),
    ...count(roots, "fail", `fault${named}`, `faults${named}`),
    ...count(roots, "warn", "warning", "warnings"),
    ...count(findings, "unknown", "could not be looked at", "could not be looked at"),
    ...count(findings, "pass", "in order", "in order"),
  ];
  return `${mark} ${words.join(", ")}; ${(timing.totalMs / 1000).toFixed(1)} s`;
}

function describeLayer(layer: DoctorLayer, all: readonly DoctorFinding[]): string[] {
  const findings = all.filter((finding) => finding.layer === layer);
  const worst = WORST_FIRST.find((verdict) => findings.some((finding) => finding.verdict === verdict));
  if (!worst) return [];
  const roots = findings.filter(({ suppressedBy }) => suppressedBy.length === 0);
  const symptoms = findings.filter(({ suppressedBy }) => suppressedBy.length > 0);
  const words = [
    ...count(roots, "fail", "fault", "faults"),
    ...count(symptoms, "fail", "explained by others", "explained by others"),
    ...count(roots, "warn", "warning", "warnings"),
    ...count(findings, "unknown", "not looked at", "not looked at"),
    ...count(findings, "pass", "in order", "in order"),
    ...count(findings, "skip", "not asked", "not asked"),
  ];
  const head = `${MARK[worst]} ${layer.padEnd(9)} ${words.join(", ")}`;
  return [head, ...troublesOf(findings).flatMap((finding) => inFullOrNamed(finding, all, layer))];
}

/** The first few VMs with the same trouble in full, the next one with the names of the rest, the rest not at all. */
function inFullOrNamed(finding: DoctorFinding, all: readonly DoctorFinding[], layer: DoctorLayer): string[] {
  const same = troublesOf(all).filter(({ code }) => code === finding.code && finding.layer === layer);
  const at = same.indexOf(finding);
  if (at < IN_FULL) return describeTrouble(finding, all).map((line) => `  ${line}`);
  if (at > IN_FULL) return [];
  const rest = same.slice(IN_FULL);
  return [
    `  ${MARK[finding.verdict]} ${finding.code}: ${rest.length} more: ${rest.map(({ vmId }) => vmId).join(" ")}`,
  ];
}

function troublesOf(findings: readonly DoctorFinding[]): DoctorFinding[] {
  const isTrouble = ({ verdict }: DoctorFinding) => verdict !== "pass" && verdict !== "skip";
  return findings.filter((finding) => isTrouble(finding) && finding.suppressedBy.length === 0);
}

function describeTrouble(finding: DoctorFinding, all: readonly DoctorFinding[]): string[] {
  const { verdict, title, code, vmId, cause, evidence } = finding;
  return [
    `${MARK[verdict]} ${title}  (${code}${vmId ? `, ${vmId}` : ""})`,
    ...(cause ? [`    ${printable(cause)}`] : []),
    ...evidence.flatMap(({ source, subject, excerpt }) => indented(`${source}: ${subject}: `, excerpt)),
    ...fixLines(finding),
    ...symptomLines(finding, all),
  ];
}

const HOW = {
  auto: "hostd does it by itself, or `--fix --yes`",
  command: "for you to do",
  manual: "for you to do",
  restart: "only a new VM helps",
} as const;

function fixLines({ fix }: DoctorFinding): string[] {
  if (!fix) return [];
  return [
    `    → ${fix.text}  (${HOW[fix.kind]}; risk: ${fix.risk})`,
    ...fix.commands.map((command) => `        ${command}`),
  ];
}

function symptomLines({ code, vmId }: DoctorFinding, all: readonly DoctorFinding[]): string[] {
  const symptoms = all.filter(
    (other) => other.suppressedBy.includes(code) && (vmId === undefined || other.vmId === vmId),
  );
  const codes = [...new Set(symptoms.map((symptom) => symptom.code))];
  const vms = new Set(symptoms.flatMap((symptom) => symptom.vmId ?? []));
  const where = vmId === undefined && vms.size > 0 ? ` (${vms.size} VM${vms.size > 1 ? "s" : ""})` : "";
  return codes.length > 0 ? [`    explains: ${codes.join(", ")}${where}`] : [];
}

function indented(head: string, text: string): string[] {
  const [first = "", ...more] = printable(text).trimEnd().split("\n");
  const rest = more.slice(0, EVIDENCE_LINES - 1).map((line) => `        ${line}`);
  const left = more.length - rest.length;
  return [`    ${head}${first}`, ...rest, ...(left > 0 ? [`        … ${left} more lines`] : [])];
}

function count(findings: readonly DoctorFinding[], verdict: Verdict, one: string, more: string): string[] {
  const found = findings.filter((finding) => finding.verdict === verdict).length;
  return found > 0 ? [`${found} ${found === 1 ? one : more}`] : [];
}
