import { BrowserVmError } from "@browservm/contract";
import { connectTcp, tcpFailureOf } from "../../../stream/tcp.ts";
import { compileEgress, isClosed, isOpened } from "../../egress/compile.ts";
import type { GateStepDefinition, GateSubject, StepContext } from "../gate-step.ts";

interface Target {
  readonly what: string;
  readonly ip: GateSubject["address"]["ip"];
  readonly port: number;
}

async function fromGuest({ guest, patience }: GateSubject, { ip, port }: Target, signal: AbortSignal) {
  const timeoutMs = Math.min(1000 * patience, 10_000);
  return guest.call("probe.tcp", { address: ip, port, timeoutMs }, { timeoutMs: timeoutMs * 3, signal });
}

async function fromHost({ ip, port }: Target, signal: AbortSignal): Promise<string> {
  try {
    (await connectTcp({ ip, port, timeoutMs: 1500, signal })).destroy();
    return "open";
  } catch (error) {
    return tcpFailureOf(error) ?? "unknown";
  }
}

async function proveClosed(
  subject: GateSubject,
  target: Target,
  { note, signal }: StepContext,
): Promise<void> {
  const { answer, ms } = await fromGuest(subject, target, signal);
  note(
    "tcp",
    `guest → ${target.what} (${target.ip}:${target.port})`,
    `${answer} after ${ms.toFixed(0)} ms; must be closed`,
  );
  if (answer === "open")
    throw new BrowserVmError(
      "GATE_POLICY",
      `the guest reaches ${target.what} at ${target.ip}:${target.port}, which must be closed`,
      { ...target },
    );
}

/** "The neighbour is closed" is worth something only if somebody listens there. */
async function proveCanary(subject: GateSubject, context: StepContext): Promise<void> {
  const { canary } = subject.network.plan;
  if (!canary) {
    context.note("nft", "canary", "the range has room for one guest only: there can be no neighbour");
    return;
  }
  const target = { what: "a neighbour on the bridge", ...canary };
  const seen = await fromHost(target, context.signal);
  context.note("tcp", `host → canary (${canary.ip}:${canary.port})`, seen);
  if (seen !== "open")
    throw new BrowserVmError(
      "GATE_POLICY",
      `the canary does not answer the host (${seen}), so nothing can be proven with it`,
    );
  await proveClosed(subject, target, context);
}

/** What must be open is asked of the host first: a machine without a way out is not the guest's fault. */
async function proveOpen(subject: GateSubject, { note, signal }: StepContext): Promise<void> {
  const { openTarget } = subject.network.plan;
  if (!openTarget) return;
  const here = await fromHost(openTarget, signal);
  if (here !== "open" && here !== "refused") {
    note(
      "tcp",
      `host → ${openTarget.what}`,
      `${here}: this machine itself does not reach it, so the guest is not asked`,
    );
    return;
  }
  const { answer } = await fromGuest(subject, openTarget, signal);
  note(
    "tcp",
    `guest → ${openTarget.what} (${openTarget.ip}:${openTarget.port})`,
    `${answer}; must be reachable`,
  );
  if (answer !== "open" && answer !== "refused")
    throw new BrowserVmError(
      "GATE_POLICY",
      `the guest does not reach ${openTarget.what} (${answer}), although the host does`,
    );
}

export const policyStep: GateStepDefinition = {
  id: "R8",
  budgetMs: 8000,
  async prove(subject, context) {
    const egress = subject.network.egressOf(subject.vmId);
    // What the session's own policy opens need not be closed.
    const isMeantOpen = ({ ip, port }: Target) => egress && isOpened(compileEgress(egress.policy), ip, port);
    // With a proxy these are the proxy's to reach, or not: nothing of it is on this host.
    const isBeyond = ({ ip }: Target) => egress?.policy.proxy !== undefined && !isClosed(ip);
    const closed = subject.network.plan.closed
      .filter((target) => !isMeantOpen(target) && !isBeyond(target))
      .map((target) => proveClosed(subject, target, context));
    await Promise.all([...closed, proveCanary(subject, context), proveOpen(subject, context)]);
    return "pass";
  },
};
