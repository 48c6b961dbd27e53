import type { DoctorFixReport, DoctorReport, NetworkPicture, VmId } from "@browservm/contract";
import type { LinuxNetwork } from "../linux-network.ts";
import { describeStep, type NetStep } from "../plan.ts";
import type { NetworkWatch } from "./network-watch.ts";
import { drawNetwork } from "./picture.ts";
import type { RepairLog } from "./repair-log.ts";

/** The doctor's report on the host, or on one VM. */
export type Examine = (vmId?: VmId) => Promise<DoctorReport>;

export interface RepairDeskParts {
  readonly network: LinuxNetwork;
  readonly watch: NetworkWatch;
  readonly repairs: RepairLog;
  readonly examine: Examine;
  readonly isLive: (vmId: VmId) => boolean;
}

/** What people ask of the watch: what it would do, to do it, and what it has done. */
export class RepairDesk {
  readonly #parts: RepairDeskParts;

  constructor(parts: RepairDeskParts) {
    this.#parts = parts;
  }

  /** With a VM: what is about it, and what is about the host that it needs. VM_NOT_FOUND. */
  async fix({
    vmId,
    apply,
  }: {
    readonly vmId?: VmId | undefined;
    readonly apply: boolean;
  }): Promise<DoctorFixReport> {
    const { network, watch, examine } = this.#parts;
    const isAsked = ({ because }: NetStep) =>
      vmId === undefined || because.vmId === undefined || because.vmId === vmId;
    const before = await examine(vmId);
    if (!apply) {
      const steps = (await network.keeper.missing()).filter(isAsked);
      return { before, steps: steps.map((step) => ({ ...tell(step), done: false })) };
    }
    const { ran } = await watch.mendAsked(isAsked);
    const steps = ran.map(({ step, error }) => ({
      ...tell(step),
      done: error === undefined,
      ...(error ? { error: error.message } : {}),
    }));
    return { before, steps, after: await examine(vmId) };
  }

  picture(): Promise<NetworkPicture> {
    const { network, isLive, repairs } = this.#parts;
    return drawNetwork({ network, isLive, repairs: repairs.list() });
  }
}

const tell = (step: NetStep) => ({ code: step.because.code, words: describeStep(step) });
