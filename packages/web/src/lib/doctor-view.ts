import {
  DOCTOR_LAYERS,
  type DoctorFinding,
  type DoctorLayer,
  type DoctorReport,
  type DoctorVerdict,
} from "@browservm/contract";

/** One code with what was found under it, for one or many VMs. */
export interface FindingGroup {
  readonly code: string;
  readonly layer: DoctorLayer;
  readonly findings: readonly [DoctorFinding, ...DoctorFinding[]];
  /** Failed checks that this one explains. */
  readonly symptoms: readonly DoctorFinding[];
}

const byLayer = (a: { layer: DoctorLayer }, b: { layer: DoctorLayer }) =>
  DOCTOR_LAYERS.indexOf(a.layer) - DOCTOR_LAYERS.indexOf(b.layer);

function grouped(findings: readonly DoctorFinding[]): readonly FindingGroup[] {
  const groups = new Map<string, [DoctorFinding, ...DoctorFinding[]]>();
  for (const finding of findings) {
    const group = groups.get(finding.code);
    if (group) group.push(finding);
    else groups.set(finding.code, [finding]);
  }
  return [...groups]
    .map(([code, found]) => ({ code, layer: found[0].layer, findings: found, symptoms: [] }))
    .toSorted(byLayer);
}

/** Whether a failed check is explained by some finding of that group: about the host, or about the same VM. */
const explains = ({ code, findings }: FindingGroup, symptom: DoctorFinding) =>
  symptom.suppressedBy.includes(code) &&
  (symptom.vmId === undefined || findings.some(({ vmId }) => vmId === undefined || vmId === symptom.vmId));

/** What is broken, each cause once with its symptoms. A symptom whose cause is not in the report stands for itself. */
export function causeGroups({ findings }: DoctorReport): readonly FindingGroup[] {
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  const roots = grouped(failed.filter(({ suppressedBy }) => suppressedBy.length === 0));
  const symptoms = failed.filter(({ suppressedBy }) => suppressedBy.length > 0);
  const unexplained = symptoms.filter((one) => !roots.some((root) => explains(root, one)));
  return [...roots, ...grouped(unexplained)].map((group) => ({
    ...group,
    symptoms: symptoms.filter((one) => explains(group, one) && !group.findings.includes(one)),
  }));
}

/** Findings of one verdict that are worth words of their own. */
export function groupsOf({ findings }: DoctorReport, verdict: "warn" | "unknown"): readonly FindingGroup[] {
  return grouped(findings.filter((one) => one.verdict === verdict));
}

const TOLD = ["fail", "unknown", "warn"] as const;

/** Some findings of a report as groups, the broken ones with what they explain. */
export function groupsIn(
  report: DoctorReport,
  findings: readonly DoctorFinding[],
): readonly (FindingGroup & { readonly verdict: (typeof TOLD)[number] })[] {
  const causes = causeGroups(report);
  return TOLD.flatMap((verdict) =>
    grouped(findings.filter((one) => one.verdict === verdict)).map((group) => {
      const cause = verdict === "fail" ? causes.find(({ code }) => code === group.code) : undefined;
      return { ...(cause ?? group), verdict };
    }),
  );
}

export interface CheckRow {
  readonly code: string;
  readonly title: string;
  readonly verdict: DoctorVerdict;
  /** It fails only where something else is the cause. */
  readonly isSymptom: boolean;
  readonly counts: Readonly<Partial<Record<DoctorVerdict, number>>>;
}

export interface LayerRows {
  readonly layer: DoctorLayer;
  readonly verdict: DoctorVerdict;
  /** Whatever fails in it is only a symptom. */
  readonly isSymptom: boolean;
  readonly rows: readonly CheckRow[];
}

const WORST_FIRST: readonly DoctorVerdict[] = ["fail", "unknown", "warn", "pass", "skip"];
const worst = (verdicts: readonly DoctorVerdict[]) =>
  WORST_FIRST.find((one) => verdicts.includes(one)) ?? "skip";

/** Every check that was made, by layer from the outside in; one row however many VMs it was made for. */
export function layerRows({ findings }: DoctorReport): readonly LayerRows[] {
  const layers = Map.groupBy(grouped(findings), ({ layer }) => layer);
  return [...layers].map(([layer, groups]) => {
    const rows = groups.map(checkRow);
    const failed = rows.filter(({ verdict }) => verdict === "fail");
    const isSymptom = failed.length > 0 && failed.every((row) => row.isSymptom);
    return { layer, verdict: worst(rows.map(({ verdict }) => verdict)), isSymptom, rows };
  });
}

function checkRow({ code, findings }: FindingGroup): CheckRow {
  const counts: Partial<Record<DoctorVerdict, number>> = {};
  for (const { verdict } of findings) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const verdict = worst(findings.map((one) => one.verdict));
  const failed = findings.filter((one) => one.verdict === "fail");
  const isSymptom = failed.length > 0 && failed.every(({ suppressedBy }) => suppressedBy.length > 0);
  return { code, title: findings[0].title, verdict, isSymptom, counts };
}

const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** The report in one sentence. */
export function headline(report: DoctorReport): string {
  const causes = causeGroups(report);
  const passed = report.findings.filter(({ verdict }) => verdict === "pass").length;
  const unknown = report.findings.filter(({ verdict }) => verdict === "unknown").length;
  const notTold = unknown === 0 ? "" : ` ${count(unknown, "thing")} could not be told.`;
  if (causes.length > 0) {
    const symptoms = new Set(causes.flatMap((cause) => cause.symptoms)).size;
    const explained =
      symptoms === 0
        ? ""
        : `, which ${causes.length === 1 ? "explains" : "explain"} ${count(symptoms, "symptom")}`;
    return `${count(causes.length, "cause")} found${explained}.${notTold}`;
  }
  if (report.lastSeen.length > 0) return `A path is dead, and no check explains why.${notTold}`;
  if (report.verdict === "unknown")
    return `Nothing broken was seen, but not all could be looked at.${notTold}`;
  return `Healthy: ${count(passed, "check")} passed.${notTold}`;
}

const LAYER_WORDS: Readonly<Partial<Record<DoctorLayer, string>>> = {
  vmm: "VMM",
  tap: "TAP",
  dns: "DNS",
  mtu: "MTU",
};

/** What a layer is called. */
export function layerWord(layer: DoctorLayer): string {
  return LAYER_WORDS[layer] ?? layer.charAt(0).toUpperCase() + layer.slice(1);
}

/** A VM's or session's id as short as one can still tell it by. */
export const shortId = (id: string) => id.slice(0, id.indexOf("_") + 9);
