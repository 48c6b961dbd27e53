import type { DoctorReport } from "@browservm/contract";
import type { Fault, Harmless } from "./fault.ts";
import { falseAlarms, judgeReport } from "./judge-report.ts";
import type { LabHost } from "./lab-host.ts";
import type { LabRow } from "./row.ts";
import { type Stage, settle } from "./stage.ts";

const HEALTHY_TRIES = 4;

interface Examined {
  readonly report: DoctorReport;
  readonly ms: number;
}

export async function examine({ host, vm }: Stage): Promise<Examined> {
  const began = performance.now();
  const report = await host.hostd.client.examine(vm.id);
  return { report, ms: Math.round(performance.now() - began) };
}

/** Injects one fault, asks the doctor, has hostd fix what it can, puts back the rest, and looks whether all is well. */
export async function runFault(host: LabHost, fault: Fault): Promise<LabRow> {
  const stage = host.stage();
  await stage.apply(fault.inject);
  await settle();
  const { report, ms } = await examine(stage);
  const { named, complaints, got } = judgeReport(report, stage.vm.id, fault.expect);
  const fixed = fault.expect.fix === "auto" && named ? await fix(stage) : undefined;
  const after = await putBack(stage, fault);
  const all = [...complaints, ...(fixed?.complaints ?? []), ...after];
  return {
    name: fault.name,
    kind: "fault",
    expected: [fault.expect.code],
    got,
    passed: named && all.length === 0,
    ms,
    ...(fixed ? { fixMs: fixed.ms } : {}),
    complaints: all,
    report,
  };
}

/** Both faults at the same time: each must be a root cause. */
export async function runPair(host: LabHost, [one, other]: readonly [Fault, Fault]): Promise<LabRow> {
  const stage = host.stage();
  await stage.apply(one.inject);
  await stage.apply(other.inject);
  await settle();
  const { report, ms } = await examine(stage);
  const expected = [one.expect.code, other.expect.code];
  const missing = expected.filter((code) => !report.rootCauses.includes(code));
  await stage.applyAsFarAsPossible(one.undo ?? {});
  const after = await putBack(stage, other);
  return {
    name: `${one.name} + ${other.name}`,
    kind: "pair",
    expected,
    got: report.rootCauses,
    passed: missing.length === 0,
    ms,
    complaints: [...missing.map((code) => `${code} is not named`), ...after],
    report,
  };
}

/** What looks odd and is not: nothing may fail. */
export async function runHarmless(host: LabHost, oddity: Harmless): Promise<LabRow> {
  const stage = host.stage();
  await stage.apply(oddity.inject);
  await settle();
  const { report, ms } = await examine(stage);
  const { mayWarn = [] } = oddity;
  const warnings = report.findings.filter(({ verdict }) => verdict === "warn").map(({ code }) => code);
  const complaints = [
    ...falseAlarms(report),
    ...warnings.filter((code) => !mayWarn.includes(code)).map((code) => `${code} warns`),
  ];
  const after = await putBack(stage, oddity);
  const got = [...report.rootCauses, ...warnings.map((code) => `(${code})`)];
  return {
    name: oddity.name,
    kind: "harmless",
    expected: [],
    got,
    passed: complaints.length === 0,
    ms,
    complaints: [...complaints, ...after],
    report,
  };
}

/** `browservm doctor --fix --yes` for this VM. */
async function fix({ host, vm }: Stage): Promise<{ ms: number; complaints: string[] }> {
  const began = performance.now();
  const { after, steps } = await host.hostd.client.fix({ vmId: vm.id, apply: true });
  const ms = Math.round(performance.now() - began);
  const failed = steps
    .filter(({ done }) => !done)
    .map(({ words, error }) => `fix "${words}": ${error ?? "not done"}`);
  const unwell =
    after?.verdict === "healthy"
      ? []
      : [`after the fix: ${after?.rootCauses.join(", ") ?? "nothing was done"}`];
  return { ms, complaints: [...failed, ...unwell] };
}

/** Undoes, renews what is spoiled, and answers what is still wrong then. */
async function putBack(
  stage: Stage,
  { undo = {}, ...fault }: Pick<Fault, "undo" | "spoilsVm" | "spoilsHost" | "expect"> | Harmless,
): Promise<string[]> {
  await stage.applyAsFarAsPossible(undo);
  if ("spoilsHost" in fault && fault.spoilsHost) return [];
  // What only hostd can put back is put back by it, also where it must not do so by itself.
  if ("expect" in fault && fault.expect.fix === "auto") await stage.host.hostd.client.fix({ apply: true });
  if ("spoilsVm" in fault && fault.spoilsVm) {
    await stage.host.renewVms();
    return [];
  }
  return untilHealthy(stage);
}

async function untilHealthy(stage: Stage): Promise<string[]> {
  let wrong: string[] = [];
  for (let tries = 0; tries < HEALTHY_TRIES; tries++) {
    await settle();
    const { report } = await examine(stage);
    if (report.verdict === "healthy") return [];
    wrong = [`not well afterwards: ${report.rootCauses.join(", ") || report.verdict}`];
  }
  // The next fault shall not suffer for this one.
  await stage.host.hostd.client.fix({ apply: true });
  await stage.host.renewVms();
  return wrong;
}
