import { existsSync } from "node:fs";
import { type Config, type DoctorReport, isBrowserVmError, paths } from "@browservm/contract";
import type { HostdState } from "@browservm/host/doctor";
import type { DoctorTarget } from "@browservm/sdk";
import type { CliContext } from "../context.ts";
import { readUpRecord } from "../up/up-record.ts";
import { lookAtMachine } from "./look-at-machine.ts";
import { mergeReports } from "./merge-reports.ts";
import { isHost } from "./target.ts";
import { withDoctor } from "./with-doctor.ts";

/** One VM's path; or the machine and, where hostd can be asked, its network and every VM. */
export async function examine(context: CliContext, target: DoctorTarget): Promise<DoctorReport> {
  const { signal } = context;
  const ask = () => withDoctor(context, (doctor) => doctor.examine(target, { signal }));
  // Another machine's host is asked for nothing that lies here.
  if (!isHost(target) || context.env.BVM_BASE_URL) return ask();
  const [report, hostd] = await ask().then(
    (answer) => [answer, { is: "answering" }] as const,
    (error: unknown) => [undefined, hostdState(context.config, error)] as const,
  );
  const machine = await lookAtMachine(context.config, hostd);
  return report ? mergeReports(machine, report) : machine;
}

/** A machine without a record of `up` and without hostd's socket is not meant to run one. */
function hostdState(config: Config, error: unknown): HostdState {
  if (!isBrowserVmError(error) || error.code === "INTERNAL" || error.code === "CANCELLED") throw error;
  const isMeant =
    error.code !== "NOT_RUNNING" ||
    readUpRecord(config) !== undefined ||
    existsSync(paths(config).hostSocket);
  return isMeant ? { is: "silent", why: error.message } : { is: "not-started" };
}
