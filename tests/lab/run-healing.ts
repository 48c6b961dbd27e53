import { setTimeout as sleep } from "node:timers/promises";
import type { Repair } from "@browservm/contract";
import type { Fault } from "./fault.ts";
import type { LabHost } from "./lab-host.ts";
import type { LabRow } from "./row.ts";
import { examine } from "./run-fault.ts";
import { type Stage, settle } from "./stage.ts";

/** The watch has 0.5 s (2 s where there is no event) to notice, and 2 s to repair; a loaded machine a little more. */
const HEALED_WITHIN_MS = 8000;
const POLL_MS = 40;
/** The watch takes the same fault again within 10 s for a fight (net/watch/back-off.ts); rows of one code are no fight. */
const NO_FIGHT_MS = 10_500;

/** Injects a fault into a host that repairs itself, and waits until it has told of the repair and the doctor agrees. */
export async function runHealing(host: LabHost, fault: Fault): Promise<LabRow> {
  const stage = host.stage();
  await untilNoFight(stage, fault);
  const since = new Date().toISOString();
  const began = performance.now();
  await stage.apply(fault.inject);
  const repairs = await untilRepaired(stage, fault, { since, began });
  // Until the first repair had ended: an injection of several commands may take longer than the watch.
  const ended = Math.min(...repairs.map(({ at }) => Date.parse(at)), Date.now());
  const ms = ended - Date.parse(since);
  await settle();
  const { report } = await examine(stage);
  const codes = [...new Set(repairs.map(({ code }) => code))];
  const complaints = [
    ...(repairs.length === 0 ? ["no repair was told in time"] : []),
    ...repairs
      .filter(({ outcome }) => outcome !== "repaired")
      .map(({ code, outcome }) => `${code}: ${outcome}`),
    ...report.rootCauses.map((code) => `${code} is still there`),
  ];
  await putBack(stage, fault);
  return {
    name: fault.name,
    kind: "healing",
    expected: [fault.expect.code],
    got: codes,
    passed: complaints.length === 0,
    ms,
    complaints,
    report,
  };
}

async function untilNoFight({ host }: Stage, { expect: { code } }: Fault): Promise<void> {
  const { repairs } = await host.hostd.client.networkPicture();
  const last = Math.max(0, ...repairs.filter((one) => one.code === code).map(({ at }) => Date.parse(at)));
  await sleep(Math.max(0, last + NO_FIGHT_MS - Date.now()));
}

async function untilRepaired(
  { host }: Stage,
  { expect: { code, also = [] }, healedAs = code }: Fault,
  { since, began }: { readonly since: string; readonly began: number },
): Promise<Repair[]> {
  for (;;) {
    const { repairs } = await host.hostd.client.networkPicture();
    const ours = repairs.filter((one) => one.at >= since && [code, healedAs, ...also].includes(one.code));
    if (ours.some((one) => one.code === code || one.code === healedAs)) return ours;
    if (performance.now() - began > HEALED_WITHIN_MS) return ours;
    await sleep(POLL_MS);
  }
}

async function putBack(stage: Stage, fault: Fault): Promise<void> {
  await stage.applyAsFarAsPossible(fault.undo ?? {});
  await settle();
  const { report } = await examine(stage);
  if (report.verdict === "healthy" && !fault.spoilsVm) return;
  await stage.host.hostd.client.fix({ apply: true });
  await stage.host.renewVms();
}
