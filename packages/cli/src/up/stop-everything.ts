import { BrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { endLeftovers, hasVms } from "./leftovers.ts";
import { ensureMachineNetwork, removeMachineNetwork } from "./machine-network.ts";
import { clearRunDirectory, layOutDirectories } from "./places.ts";
import { prepare } from "./prepare.ts";
import { hostdSpec } from "./service-specs.ts";
import { Supervisor } from "./supervisor.ts";
import { ensureSystemUser } from "./system-user.ts";
import { claimMachine, removeUpRecord, runningUp, type UpRecord } from "./up-record.ts";
import { removeVms } from "./vms.ts";

const END_MS = 180_000;

/** `down`: asks the running `up` to end and waits; cleans up after one that is dead. */
export async function stopEverything(context: CliContext): Promise<{ wasRunning: boolean }> {
  const { config } = context;
  if (process.getuid?.() !== 0) throw new BrowserVmError("NOT_PRIVILEGED", "`down` ends what root started");
  const running = await runningUp(config);
  if (running) {
    await askToEnd(context, running.up.pid);
    return { wasRunning: true };
  }
  const record = await claimMachine(config);
  const wasRunning = (await hasVms(config)) || record.leftovers.length > 0;
  await endLeftovers(config, record);
  if (wasRunning) await endOrphans(context, record);
  await removeMachineNetwork(config);
  removeUpRecord(config);
  clearRunDirectory(config);
  return { wasRunning };
}

async function askToEnd(context: CliContext, pid: number): Promise<void> {
  using progress = context.progress();
  progress.step("ending sessions and services");
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + END_MS;
  while (await runningUp(context.config)) {
    if (Date.now() > deadline)
      throw new BrowserVmError("DEADLINE_EXCEEDED", `\`browservm up\` (pid ${pid}) has not ended`, { pid });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  progress.done();
}

/** VMs and network outlive a killed `up`: only hostd knows how to end them, so it is started once more. */
async function endOrphans(context: CliContext, record: UpRecord): Promise<void> {
  const { config, output } = context;
  using progress = context.progress();
  const user = await ensureSystemUser(config.user);
  layOutDirectories(config, user);
  const { release, node } = await prepare(progress, config, "none");
  const { enter } = await ensureMachineNetwork(config);
  const supervisor = new Supervisor(config, output, record);
  try {
    await supervisor.start(progress, hostdSpec({ config, release, node }, enter));
    await removeVms(progress, config);
  } finally {
    await supervisor.stop(progress);
    progress.done();
  }
}
