import type { Config, DoctorReport } from "@browservm/contract";
import type { HostdState } from "@browservm/host/doctor";
import { runningUp } from "../up/up-record.ts";

/** The machine that we run on, before BrowserVM starts there. */
export async function lookBeforeStart(config: Config): Promise<DoctorReport> {
  const { linuxMachine, preflight } = await import("@browservm/host/doctor");
  const isRunning = (await runningUp(config)) !== undefined;
  return preflight(linuxMachine(config, { isRunning, hostd: { is: "not-started" } }));
}

/** The machine that we run on, and whether hostd could be asked for the rest. */
export async function lookAtMachine(config: Config, hostd: HostdState): Promise<DoctorReport> {
  const { linuxMachine, MACHINE_CHECKS, preflight } = await import("@browservm/host/doctor");
  const isRunning = hostd.is === "answering" || (await runningUp(config)) !== undefined;
  return preflight(linuxMachine(config, { isRunning, hostd }), { checks: MACHINE_CHECKS });
}
