import { basename } from "node:path";
import { BrowserVmError, CHANNEL_SOCKET, type Progress } from "@browservm/contract";
import type { ExitStatus } from "../../process/detached.ts";
import { isAlive, type ProcessIdentity } from "../../process/identity.ts";
import { killAll } from "../../process/kill-all.ts";
import { endOrKill } from "../end-or-kill.ts";
import type { Supervision } from "../supervision.ts";
import type { VmMonitor, VmmRecord } from "../vmm.ts";
import { processesBelow } from "./guest-process.ts";
import { STAGED } from "./places.ts";

export const DRIVER = "container";

/** SIGRTMIN+4: systemd powers off (systemd(1), "Signals"); glibc's SIGRTMIN is 34. A number, for Node has no name. */
const POWER_OFF = 38;
/** The runtime's exit status for a guest that powered off, or rebooted: a pid namespace ends by these signals (reboot(2)). */
const POWERED_OFF: ReadonlySet<number | null> = new Set([128 + 2, 128 + 1]);

export interface ContainerParts {
  readonly supervision: Supervision;
  readonly runtime: ProcessIdentity;
  readonly guestRoot: number;
}

/** One running container. */
export class ContainerMonitor implements VmMonitor {
  readonly record: VmmRecord;
  readonly port = "veth";
  readonly controlSocket: string;
  readonly controlOwner: number;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  readonly #runtime: ProcessIdentity;

  constructor({ supervision, runtime, guestRoot }: ContainerParts) {
    const { process, runDir } = supervision;
    this.record = { driver: DRIVER, identity: process.identity, runDir };
    this.#supervision = supervision;
    this.#runtime = runtime;
    // Seen through the runtime, in whose mount namespace alone it is.
    this.controlSocket = `/proc/${runtime.pid}/root${STAGED.port}/${basename(CHANNEL_SOCKET)}`;
    this.controlOwner = guestRoot;
    this.exited = process.exited.then(async (status) => {
      // It dies with its parent, a moment later; once it is gone, so is the whole guest (pid_namespaces(7)).
      await killAll([runtime]);
      await supervision.removeRemains();
      return POWERED_OFF.has(status.code) ? { ...status, code: 0 } : status;
    });
  }

  async status(): Promise<string> {
    if (!isAlive(this.record.identity) || !isAlive(this.#runtime))
      throw new BrowserVmError("VMM_DIED", "the container has ended");
    return "running";
  }

  async shutdown(progress: Progress): Promise<ExitStatus> {
    const { pid } = this.record.identity;
    const init = processesBelow(pid)?.init;
    if (init && isAlive(init)) process.kill(init.pid, POWER_OFF);
    this.#supervision.process.lookClosely();
    return endOrKill(this, progress.signal);
  }

  async kill(): Promise<ExitStatus> {
    await this.#supervision.process.kill();
    return this.exited;
  }

  async detach(): Promise<void> {
    this.#supervision.detach();
  }
}
