import { BrowserVmError, type Progress } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { describeTroubles } from "../doctor/describe-report.ts";
import { lookBeforeStart } from "../doctor/look-at-machine.ts";
import { EXIT } from "../exit-codes.ts";
import { announce } from "./announce.ts";
import { endLeftovers, hasVms } from "./leftovers.ts";
import { ensureMachineNetwork, removeMachineNetwork } from "./machine-network.ts";
import { requirePassable } from "./passable.ts";
import { clearRunDirectory, layOutDirectories } from "./places.ts";
import { prepare } from "./prepare.ts";
import { controllerSpec, gatewaySpec, hostdSpec, webSpec } from "./service-specs.ts";
import { Supervisor } from "./supervisor.ts";
import { ensureSystemUser } from "./system-user.ts";
import { claimMachine, removeUpRecord } from "./up-record.ts";
import { endAllSessions, removeVms } from "./vms.ts";

/** `up`: from a machine to a running BrowserVM, then until Ctrl-C; answers the exit status. */
export async function startEverything(context: CliContext, options: { image: string }): Promise<number> {
  const { config, output, signal } = context;
  if (process.getuid?.() !== 0)
    throw new BrowserVmError("NOT_PRIVILEGED", "`up` makes bridges, TAPs and namespaces");
  const record = await claimMachine(config);
  const supervisor = new Supervisor(config, output, record);
  using progress = context.progress();
  let keepVms = false;
  try {
    progress.step("machine");
    await endLeftovers(config, record);
    await start(context, progress, supervisor, options);
    progress.done();
    await announce(context);
    supervisor.talk();
    await Promise.race([supervisor.failed, aborted(signal)]);
    return EXIT.ok;
  } catch (error) {
    progress.failed();
    if (signal.aborted) return EXIT.interrupted;
    // A service that cannot live is no reason to end people's VMs: the next `up` takes them over.
    keepVms = true;
    throw error;
  } finally {
    await finish(context, supervisor, keepVms);
  }
}

async function start(
  context: CliContext,
  progress: Progress,
  supervisor: Supervisor,
  { image }: { image: string },
): Promise<void> {
  const { config } = context;
  requirePassable(config);
  await preflight(context);
  const user = await ensureSystemUser(config.user);
  layOutDirectories(config, user);
  const { release, node } = await prepare(progress, config, image);
  progress.step("network");
  const { enter } = await ensureMachineNetwork(config);
  const input = { config, release, node, user };
  await supervisor.start(progress, hostdSpec(input, enter));
  await supervisor.start(progress, webSpec(input));
  await supervisor.start(progress, gatewaySpec(input));
  await supervisor.start(progress, controllerSpec(input, context.controllerEnvironment));
}

async function preflight({ config, output }: CliContext): Promise<void> {
  const { findings } = await lookBeforeStart(config);
  const troubles = describeTroubles(findings);
  if (troubles) output.note(troubles);
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  if (failed.length > 0)
    throw new BrowserVmError(
      "MACHINE_UNFIT",
      failed.map(({ code, cause }) => `${code}: ${cause}`).join("; "),
      {
        checks: failed.map(({ code }) => code),
      },
    );
}

/** Leaves nothing – or, after a failure, only VMs that run. A second Ctrl-C ends at once. */
async function finish(context: CliContext, supervisor: Supervisor, keepVms: boolean): Promise<void> {
  const { config, output } = context;
  process.once("SIGINT", () => {
    output.note(
      "browservm: ended at once; VMs that still run are taken over by the next `up`, or ended by `down`",
    );
    supervisor.killNow();
    process.exit(EXIT.interrupted);
  });
  // The first Ctrl-C began this: only its own deadlines end it.
  using progress = context.progressUntil(new AbortController().signal);
  if (!keepVms) {
    await endAllSessions(progress, config);
    // It would make new VMs for its pools in the place of those that are removed now.
    await supervisor.stop(progress, { only: "controller" });
    await removeVms(progress, config).catch((error: unknown) => output.error(error));
  }
  await supervisor.stop(progress);
  const isEmpty = !(await hasVms(config));
  if (isEmpty) await removeMachineNetwork(config);
  else output.note("browservm: VMs that run are left; `browservm down` ends them");
  removeUpRecord(config);
  if (isEmpty) clearRunDirectory(config);
  progress.done();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
