import type { VmId, VmState } from "@browservm/contract";
import type { Guest } from "../../guest/guest.ts";
import type { PortKind } from "../../net/facts.ts";
import type { ProcessIdentity } from "../../process/identity.ts";
import type { VmMonitor } from "../../vmm/vmm.ts";

/** One VM as hostd knows it, with all that can be asked about it. */
export interface DoctorVm {
  readonly vmId: VmId;
  readonly state: VmState;
  readonly reason?: { readonly code: string; readonly message: string };
  readonly hasBrowser: boolean;
  /** Of the VMM, as it was started; undefined before that. */
  readonly identity: ProcessIdentity | undefined;
  readonly port: PortKind;
  /** Present while hostd is connected to VMM and agent. */
  readonly live?: {
    readonly monitor: Pick<VmMonitor, "status">;
    readonly guest: Pick<Guest, "call">;
    /** What hello told the agent to answer on its port. */
    readonly nonce: string;
  };
  /** Files; those that are not there are read as empty. */
  readonly logs: { readonly console: string; readonly vmm: string };
  /** Multiplies every deadline that the guest must keep. */
  readonly patience: number;
}
