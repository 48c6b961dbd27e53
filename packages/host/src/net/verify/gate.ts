import {
  BrowserVmError,
  GATE_STEPS,
  type GateReport,
  type GateStep,
  isBrowserVmError,
  type Reason,
  sanitizeLine,
} from "@browservm/contract";
import { evidenceList } from "./evidence.ts";
import type { GateStepDefinition, GateSubject } from "./gate-step.ts";
import { planStep } from "./steps/r1-plan.ts";
import { linkStep } from "./steps/r2-link.ts";
import { attachStep } from "./steps/r3-attach.ts";
import { firewallStep } from "./steps/r4-firewall.ts";
import { guestStep } from "./steps/r5-guest.ts";
import { pathStep } from "./steps/r6-path.ts";
import { serviceStep } from "./steps/r7-service.ts";
import { policyStep } from "./steps/r8-policy.ts";
import { stabilityStep } from "./steps/r9-stability.ts";
import { browserStep } from "./steps/r10-browser.ts";

/**
 * In the order in which a fault would explain the later ones. The steps of one stage look at one time, for they wait
 * for different things (the host's ARP, the guest's); they are told in order, and the first failure ends the run. What
 * must be closed is asked when the path is proven: before that, closed would say nothing.
 */
const READY_STAGES: ReadonlyArray<readonly GateStepDefinition[]> = [
  [planStep, linkStep, attachStep, firewallStep, guestStep],
  [pathStep],
  [serviceStep, policyStep, browserStep],
];

/** Begins with the first stage, and is told in its own: what it waits for is nobody else's. */
const EARLY: readonly GateStepDefinition[] = [browserStep];

export interface GateOptions {
  readonly subject: GateSubject;
  readonly run: number;
  readonly accelerator: string;
  /** Called after each step with the report so far. */
  readonly onStep: (report: GateReport, step: GateStep) => void;
  readonly signal: AbortSignal;
}

/** Proves every layer of one VM, in order. Never throws: what failed is in the report. */
export async function runGate(options: GateOptions): Promise<GateReport> {
  const { subject, run, accelerator, onStep, signal } = options;
  let report: GateReport = {
    vmId: subject.vmId,
    run,
    verdict: "running",
    accelerator,
    startedAt: new Date().toISOString(),
    steps: [],
  };
  for await (const step of provePerStage(subject, signal)) {
    report = { ...report, steps: [...report.steps, step] };
    onStep(report, step);
    if (isFailed(step)) return { ...report, verdict: "fail", finishedAt: new Date().toISOString() };
  }
  return { ...report, verdict: "pass", finishedAt: new Date().toISOString() };
}

const isFailed = ({ verdict }: GateStep): boolean => verdict === "fail" || verdict === "unknown";

/** Begins the steps by their stages, and tells each in its turn. Once nobody listens any more, the others are cut off. */
async function* provePerStage(subject: GateSubject, signal: AbortSignal): AsyncGenerator<GateStep> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const begin = (definition: GateStepDefinition) =>
    [definition, proveStep(definition, subject, either)] as const;
  const early = new Map(EARLY.map(begin));
  try {
    for (const stage of READY_STAGES) {
      const running = stage.map((definition) => early.get(definition) ?? begin(definition)[1]);
      for (const step of running) yield await step;
    }
  } finally {
    over.abort();
  }
}

/** R9, two seconds after the VM was handed out; answers the report with the step added. */
export async function runStability(
  report: GateReport,
  subject: GateSubject,
  signal: AbortSignal,
): Promise<GateReport> {
  const step = await proveStep(stabilityStep, subject, signal);
  return { ...report, verdict: step.verdict === "pass" ? "pass" : "fail", steps: [...report.steps, step] };
}

/** Why a failed report failed. */
export function reasonOf(report: GateReport): Reason | undefined {
  return report.steps.find(isFailed)?.reason;
}

async function proveStep(
  definition: GateStepDefinition,
  subject: GateSubject,
  outer: AbortSignal,
): Promise<GateStep> {
  const { note, list } = evidenceList();
  const startedAt = new Date();
  const began = performance.now();
  const deadline = AbortSignal.timeout(definition.budgetMs * subject.patience);
  const context = { note, signal: AbortSignal.any([outer, deadline]) };
  const end = (verdict: GateStep["verdict"], reason?: Reason): GateStep => ({
    ...describe(definition),
    verdict,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round((performance.now() - began) * 10) / 10,
    evidence: list,
    ...(reason ? { reason } : {}),
  });
  try {
    const outcome = await beforeDeadline(definition, subject, context);
    if (outcome === "pass") return end("pass");
    note("procfs", "skipped", outcome.skip);
    return end("skip");
  } catch (error) {
    // What is not in the table is a bug or a surprise: the step could not tell, and that is no pass.
    const known = isBrowserVmError(error);
    const told = known
      ? error
      : new BrowserVmError("INTERNAL", error instanceof Error ? error.message : String(error));
    return end(known ? "fail" : "unknown", {
      code: told.code,
      message: sanitizeLine(told.message, 1000),
      fix: told.fix,
    });
  }
}

/** A step that ignores its signal must not hold the gate open: a second after the deadline the gate goes on. */
async function beforeDeadline(
  definition: GateStepDefinition,
  subject: GateSubject,
  context: Parameters<GateStepDefinition["prove"]>[1],
) {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const overrun = () =>
    setTimeout(
      () => reject(new BrowserVmError("DEADLINE_EXCEEDED", `${definition.id} did not end in time`)),
      1000,
    );
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = overrun();
  };
  context.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([definition.prove(subject, context), late]);
  } finally {
    context.signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}

function describe({ id }: GateStepDefinition): Pick<GateStep, "id" | "name" | "title"> {
  const row = GATE_STEPS.find((step) => step.id === id);
  if (!row) throw new Error(`gate step ${id} is not in the contract`);
  return row;
}
