import type { Accelerator, FrozenBy } from "../../vmm/vmm.ts";

/** Sizes that a frozen VM keeps for good. */
export interface SnapshotShape {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
}

/** All that decides whether a VM can start from a snapshot: of anything else, another one is made. */
export interface SnapshotBasis {
  readonly image: string;
  readonly imageId: string;
  readonly shape: SnapshotShape;
  readonly driver: string;
  readonly accelerator: Accelerator;
  readonly frozenBy: FrozenBy;
  /** The network device tells the guest its MTU. */
  readonly mtu: number;
}

/** A golden snapshot on disk. All paths are inside the store, and nothing that runs writes them. */
export interface GoldenSnapshot {
  readonly id: string;
  readonly basis: SnapshotBasis;
  /** Memory and device state, as the driver froze them. */
  readonly frozen: string;
  /** The VM's own disk at that moment; each VM gets a sparse copy. */
  readonly overlay: string;
  readonly madeAt: string;
  readonly buildMs: number;
  readonly sizeMib: number;
}

/** Where a snapshot is being made; nobody else sees it before `commit`. */
export interface SnapshotDraft extends AsyncDisposable {
  readonly frozen: string;
  readonly overlay: string;
  /** Makes it durable under its id. DISK_FULL. */
  commit(made: { readonly buildMs: number }): Promise<GoldenSnapshot>;
}

export interface SnapshotStore {
  /** The longest unused last. Damaged ones are left out: `find` names them. */
  list(): Promise<readonly GoldenSnapshot[]>;
  /** The one that was made on this basis. SNAPSHOT_DAMAGED when a file is missing or of another size. */
  find(basis: SnapshotBasis): Promise<GoldenSnapshot | undefined>;
  /** Re-reads every file's SHA-256; SNAPSHOT_DAMAGED names the first that differs. */
  verify(id: string, signal?: AbortSignal): Promise<void>;
  /** A directory of its own for every draft; those that another run left half-made are for `sweep`. */
  draft(basis: SnapshotBasis): Promise<SnapshotDraft>;
  /** Marks it as used by a VM until `unpin`, and as used now. Survives restarts. SNAPSHOT_NOT_FOUND. */
  pin(id: string, vmId: string): Promise<void>;
  unpin(vmId: string): Promise<void>;
  users(id: string): Promise<readonly string[]>;
  /** SNAPSHOT_NOT_FOUND, SNAPSHOT_IN_USE while pinned. */
  remove(id: string): Promise<void>;
  /** Removes drafts that no running build owns. At the start of hostd. */
  sweep(): Promise<void>;
}
