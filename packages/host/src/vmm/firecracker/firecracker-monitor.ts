import { BrowserVmError, CHANNEL_VSOCK_PORT, type Progress } from "@browservm/contract";
import type { ExitStatus } from "../../process/detached.ts";
import { endOrKill } from "../end-or-kill.ts";
import type { Supervision } from "../supervision.ts";
import type { VmMonitor, VmmRecord } from "../vmm.ts";
import { InstanceInfo } from "./api.ts";
import type { ApiClient } from "./api-client.ts";
import { JAILED } from "./cold-start.ts";
import { fromHost } from "./jail.ts";

/** One running Firecracker. */
export class FirecrackerMonitor implements VmMonitor {
  readonly record: VmmRecord;
  readonly controlSocket: string;
  readonly controlVsockPort = CHANNEL_VSOCK_PORT;
  readonly exited: Promise<ExitStatus>;
  readonly #supervision: Supervision;
  readonly #api: ApiClient;
  #hasExited = false;

  constructor(driver: string, supervision: Supervision, api: ApiClient) {
    const { process, runDir } = supervision;
    this.record = { driver, identity: process.identity, runDir };
    this.controlSocket = fromHost(runDir, JAILED.vsock);
    this.#supervision = supervision;
    this.#api = api;
    this.exited = process.exited.then(async (status) => {
      this.#hasExited = true;
      await api.close();
      await supervision.removeRemains();
      return status;
    });
  }

  async status(): Promise<string> {
    if (this.#hasExited) throw new BrowserVmError("VMM_DIED", "Firecracker has ended");
    const { state } = await this.#api.get("/", InstanceInfo);
    return state.toLowerCase();
  }

  async shutdown(progress: Progress): Promise<ExitStatus> {
    // Not awaited: a VMM that does not answer must not outlast the caller's patience.
    void this.#pressKeys();
    return endOrKill(this, progress.signal);
  }

  async kill(): Promise<ExitStatus> {
    await this.#supervision.process.kill();
    return this.exited;
  }

  async detach(): Promise<void> {
    this.#supervision.detach();
    await this.#api.close();
  }

  /** Firecracker's only button, on x86: systemd reboots over it, which ends the VM. */
  async #pressKeys(): Promise<void> {
    try {
      await this.#api.put({ path: "/actions", body: { action_type: "SendCtrlAltDel" } });
    } catch {
      this.#supervision.process.signal("SIGTERM"); // no such button, or a VMM that does not answer
    } finally {
      this.#supervision.process.lookClosely();
    }
  }
}
