import type { Progress, Snapshot, SnapshotRequest } from "@browservm/contract";
import type { DoctorVm } from "../../doctor/sight/doctor-vm.ts";
import type { GoldenSnapshot } from "../../image/snapshot/snapshot.ts";
import type { VmRecord } from "../vm-store.ts";

/** Golden snapshots, as the rest of hostd sees them. */
export interface Golden {
  /**
   * The snapshot that this VM starts from, made now if it is the first of its kind. Undefined: it boots. Waits as long
   * as a build takes; a build that fails is no reason to fail unless the VM asks for a restore: SNAPSHOT_FAILED,
   * SNAPSHOT_UNSUPPORTED.
   */
  forVm(progress: Progress, record: Pick<VmRecord, "spec" | "imageId">): Promise<GoldenSnapshot | undefined>;
  /** A VMM refused this snapshot: it is never started from again, and for a while none takes its place by itself. */
  distrust(snapshot: GoldenSnapshot, why: Error): Promise<void>;
  list(): Promise<Snapshot[]>;
  /** One that is there, or under construction, is answered. IMAGE_NOT_FOUND, SNAPSHOT_UNSUPPORTED. */
  make(request: SnapshotRequest): Promise<Snapshot>;
  /** SNAPSHOT_NOT_FOUND, SNAPSHOT_IN_USE. */
  remove(id: string): Promise<void>;
  /** VMs that are booted to be frozen now: nobody else knows them. */
  underConstruction(): DoctorVm[];
  /** Whether VMs are restored here, and why (not), in words. */
  usable(): { readonly usable: boolean; readonly reason: string };
}
