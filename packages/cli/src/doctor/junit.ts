import { DOCTOR_LAYERS, type DoctorFinding, type DoctorReport } from "@browservm/contract";
import { create } from "xmlbuilder2";
import { printable } from "../output.ts";

type Element = ReturnType<typeof create>;

/**
 * The report as JUnit XML (the form that Jenkins and GitLab read): a suite for each layer, a case for each check and
 * VM. A fault is a failure, what could not be looked at an error, what did not arise or is only a symptom is skipped.
 */
export function toJunit(report: DoctorReport): string {
  const root = create({ version: "1.0", encoding: "UTF-8", invalidCharReplacement: "" }).ele("testsuites", {
    name: "browservm doctor",
    timestamp: report.at,
    time: seconds(report.timing.totalMs),
    ...totals(report.findings),
  });
  for (const layer of DOCTOR_LAYERS) {
    const findings = report.findings.filter((finding) => finding.layer === layer);
    if (findings.length === 0) continue;
    const suite = root.ele("testsuite", { name: layer, timestamp: report.at, ...totals(findings) });
    for (const finding of findings) addCase(suite, finding);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function addCase(suite: Element, finding: DoctorFinding): void {
  const { code, layer, vmId, cause = "", fix, evidence } = finding;
  const name = vmId ? `${code} (${vmId})` : code;
  const test = suite.ele("testcase", { name, classname: `doctor.${layer}`, time: "0" });
  const words = [finding.title, cause, fix ? `${fix.text}\n${fix.commands.join("\n")}` : ""].filter(Boolean);
  const outcome = outcomeOf(finding);
  if (outcome === "skipped") test.ele("skipped", { message: reasonOfSkip(finding) });
  else if (outcome !== "passed")
    test.ele(outcome, { message: printable(cause), type: code }).txt(printable(words.join("\n")));
  const seen = evidence.map(({ source, subject, excerpt }) => `${source}: ${subject}: ${excerpt}`);
  const isWarning = finding.verdict === "warn";
  const lines = [...(isWarning ? [`warning: ${words.join("\n")}`] : []), ...seen];
  if (lines.length > 0) test.ele("system-out").txt(printable(lines.join("\n")));
}

type Outcome = "passed" | "failure" | "error" | "skipped";

function outcomeOf({ verdict, suppressedBy }: DoctorFinding): Outcome {
  if (verdict === "pass" || verdict === "warn") return "passed";
  if (verdict === "skip" || suppressedBy.length > 0) return "skipped";
  return verdict === "fail" ? "failure" : "error";
}

const reasonOfSkip = ({ suppressedBy }: DoctorFinding) =>
  suppressedBy.length > 0 ? `explained by ${suppressedBy.join(", ")}` : "the question does not arise";

function totals(findings: readonly DoctorFinding[]) {
  const count = (wanted: Outcome) => String(findings.filter((one) => outcomeOf(one) === wanted).length);
  return {
    tests: String(findings.length),
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);
