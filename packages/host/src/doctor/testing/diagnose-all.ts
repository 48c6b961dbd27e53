import type { DoctorFinding } from "@browservm/contract";
import { HOST_CHECKS, VM_CHECKS } from "../checks.ts";
import { excuseOf } from "../excuse.ts";
import { findingsOf, judge } from "../judge.ts";
import { tallyWays } from "../sight/probed-ways.ts";
import type { VmSubject } from "../sight/vm-sight.ts";
import { healthySubject } from "./healthy-sight.ts";

/** What is laid over a healthy host with one VM. */
export type Over = NonNullable<Parameters<typeof healthySubject>[0]>;

/** All findings of all layers about this host and VM, as the doctor reports them. */
export function diagnoseAll(over: Over = {}): DoctorFinding[] {
  const laid = healthySubject(over);
  const subject: VmSubject = { ...laid, host: { probed: tallyWays([laid.vm]), ...laid.host } };
  const { at } = subject.host;
  const { vmId } = subject.vm;
  return findingsOf([
    ...judge(HOST_CHECKS, subject.host, { at }),
    ...judge(VM_CHECKS, subject, { at, vmId, excuse: (check) => excuseOf(check, subject.vm) }),
  ]);
}

/** Codes of failed findings that nothing explains. */
export const rootCauses = (over: Over): string[] =>
  diagnoseAll(over)
    .filter(({ verdict, suppressedBy }) => verdict === "fail" && suppressedBy.length === 0)
    .map(({ code }) => code);

/** Codes of all findings with that verdict. */
export const codesWith = (verdict: DoctorFinding["verdict"], over: Over): string[] =>
  diagnoseAll(over)
    .filter((finding) => finding.verdict === verdict)
    .map(({ code }) => code);

/** One code's finding. */
export function findingOf(code: string, over: Over): DoctorFinding {
  const found = diagnoseAll(over).find((finding) => finding.code === code);
  if (!found) throw new Error(`no check has the code ${code}`);
  return found;
}
