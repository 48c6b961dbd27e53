import type { DoctorReport, VmId } from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../events/event-log.ts";
import type { Guest } from "../guest/guest.ts";
import type { CreateOverlay, ImageStore, WriteInitrd } from "../image/image.ts";
import type { SnapshotStore } from "../image/snapshot/snapshot.ts";
import type { ProxyDesk } from "../net/egress/proxy/proxy-desk.ts";
import type { HostNetwork } from "../net/host-network.ts";
import type { Accelerator, VmMonitor, VmmDriver } from "../vmm/vmm.ts";
import type { FailureStore } from "./failures/failure-store.ts";
import type { Golden } from "./golden/golden.ts";
import type { Squeezer } from "./pause/squeezer.ts";
import type { VmPlaces } from "./vm-places.ts";
import type { VmStore } from "./vm-store.ts";

/** What the story of a VM is told with. Made once, in hostd.ts. */
export interface VmDeps {
  readonly network: HostNetwork;
  readonly images: ImageStore;
  readonly snapshots: Pick<SnapshotStore, "list" | "pin" | "unpin">;
  readonly golden: Golden;
  readonly driver: VmmDriver;
  readonly accelerator: Accelerator;
  readonly connectGuest: (
    vmm: Pick<VmMonitor, "controlSocket" | "controlVsockPort" | "controlOwner">,
  ) => Guest;
  readonly createOverlay: CreateOverlay;
  readonly writeInitrd: WriteInitrd;
  readonly places: VmPlaces;
  readonly store: VmStore;
  readonly events: EventLog;
  /** The doctor's report on one VM. */
  readonly examine: (vmId: VmId) => Promise<DoctorReport>;
  readonly failures: FailureStore;
  /** Looks at the network and repairs what it can. */
  readonly mend: () => Promise<void>;
  readonly log: Logger;
  /** Inode of the network namespace that we run in. */
  readonly netns: string;
  /** Multiplies every deadline that a guest must keep. */
  readonly patience: number;
  readonly logLimitBytes: number;
  /** VMs that may boot, and that may be restored, at one time. */
  readonly launches: number;
  readonly restores: number;
  readonly squeezer: Squeezer;
  readonly proxies: Pick<ProxyDesk, "check">;
}
