import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { tail } from "../../logs/tail.ts";
import { peerName } from "../../net/names.ts";
import type { ExitStatus } from "../../process/detached.ts";
import { findProcesses } from "../../process/find-processes.ts";
import { killAll } from "../../process/kill-all.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { containerOrdersOf, runtimeStateOf } from "../run-dir.ts";
import { Supervision } from "../supervision.ts";
import { linkExists } from "../tap-holder.ts";
import type { FrozenBy, VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { makeBundle, removeBundle } from "./bundle.ts";
import { containerCommand } from "./command.ts";
import { ContainerMonitor, DRIVER } from "./container-monitor.ts";
import { type ContainerProcesses, hasOwnRoot, mappedRoot, processesBelow } from "./guest-process.ts";
import type { ContainerOrders } from "./launcher.ts";
import { guestRoot } from "./places.ts";
import { findRuntime, type Runtime } from "./version.ts";

const LAUNCHER = fileURLToPath(new URL("./launcher.ts", import.meta.url));
/** Mounting and starting takes half a second on an idle machine. */
const START_MS = 30_000;
const POLL_MS = 5;

/**
 * No VM at all: the same image, agent and network in namespaces of this machine's own kernel, at its speed and with
 * its faults. Weaker than every other driver, so it is only ever chosen by name. See docs/container.md.
 */
export class ContainerDriver implements VmmDriver {
  readonly name = DRIVER;
  readonly features = {
    snapshots: false,
    vsock: false,
    realGuest: true,
    port: "veth",
    isolation: "container",
  } as const;

  /** The installed runtime. VMM_NOT_FOUND, VMM_UNSUPPORTED. */
  runtime(): Promise<Runtime> {
    return findRuntime();
  }

  async frozenBy(): Promise<FrozenBy> {
    throw new BrowserVmError("VMM_UNSUPPORTED", "a container cannot be frozen");
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const runtime = await this.runtime();
    await requirePort(spec);
    await using undo = new UndoStack();
    const bundle = await makeBundle(spec);
    undo.defer(() => removeBundle(bundle));
    const orders = containerOrdersOf(spec.runDir);
    await writeFile(orders, JSON.stringify(ordersOf(spec, bundle, runtime)), { mode: 0o600 });
    const supervision = await Supervision.start(spec, containerCommand(spec, bundle, LAUNCHER));
    undo.defer(() => endAll(supervision));
    const { runtime: first } = await untilStarted(progress, spec, supervision);
    undo.keep();
    return new ContainerMonitor({ supervision, runtime: first, guestRoot: guestRoot(spec.address.slot) });
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    if (!supervision) {
      // The rest dies with it, a moment later.
      await killAll(await findProcesses(record.runDir));
      return undefined;
    }
    const processes = processesBelow(record.identity.pid);
    const root = processes?.init && mappedRoot(processes.init.pid);
    if (processes && root !== undefined)
      return new ContainerMonitor({ supervision, runtime: processes.runtime, guestRoot: root });
    await endAll(supervision); // it is on its way out, or never got as far as a guest
    return undefined;
  }
}

/** Ends a container of which there is no monitor, and removes what it leaves. */
async function endAll(supervision: Supervision): Promise<void> {
  const below = processesBelow(supervision.process.identity.pid);
  await supervision.process.kill();
  await killAll(below ? [below.runtime] : []);
  await supervision.removeRemains();
}

function ordersOf(spec: VmmSpec, bundle: string, runtime: Runtime): ContainerOrders {
  const [base, overlay] = spec.disks;
  if (!base?.readOnly || !overlay) throw new Error("a container wants a read-only base, then an overlay");
  return {
    id: spec.vmId,
    base: base.path,
    overlay: overlay.path,
    bundle,
    runtime: runtime.path,
    runtimeState: runtimeStateOf(spec.runDir),
    guestRoot: guestRoot(spec.address.slot),
  };
}

async function requirePort({ address }: VmmSpec): Promise<void> {
  const name = peerName(address.tap);
  if (!(await linkExists(name)))
    throw new BrowserVmError("LINK_NOT_FOUND", `there is no other end ${name} of ${address.tap}`, { name });
}

/** Settles when the guest's first program is about to begin. VMM_EXITED_EARLY, DEADLINE_EXCEEDED. */
async function untilStarted(
  progress: Progress,
  spec: VmmSpec,
  { process }: Supervision,
): Promise<ContainerProcesses> {
  let end: ExitStatus | undefined;
  void process.exited.then((status) => {
    end = status;
  });
  const deadline = AbortSignal.timeout(START_MS);
  const signal = AbortSignal.any([progress.signal, deadline]);
  for (;;) {
    const processes = processesBelow(process.identity.pid);
    if (processes && hasOwnRoot(processes)) return processes;
    if (end) throw await explainEnd(spec, end);
    await sleep(POLL_MS, undefined, { signal }).catch((error: unknown) => {
      throw deadline.aborted
        ? new BrowserVmError("DEADLINE_EXCEEDED", "the container does not start")
        : error;
    });
  }
}

async function explainEnd({ logs }: VmmSpec, end: ExitStatus): Promise<BrowserVmError> {
  const stderr = await tail(logs.vmm, 20);
  const how = end.signal ? `by ${end.signal}` : `exit status ${end.code}`;
  const said = stderr.at(-1) ?? "it said nothing";
  return new BrowserVmError("VMM_EXITED_EARLY", `the container ended (${how}): ${said}`, {
    stderr,
    ended: how,
  });
}
