import type { Isolation, Progress, VmAddress, VmId } from "@browservm/contract";
import type { PortKind } from "../net/facts.ts";
import type { ExitStatus } from "../process/detached.ts";
import type { ProcessIdentity } from "../process/identity.ts";

/** How guests are run: with hardware virtualization, emulated, or, for `none`, on this machine's own kernel. */
export const ACCELERATORS = ["kvm", "tcg", "none"] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

export const isolationOf = (accelerator: Accelerator): Isolation =>
  accelerator === "none" ? "container" : "vm";

/** Everything a VMM process needs. Paths are hostd's own; none comes from a caller. */
export interface VmmSpec {
  readonly vmId: VmId;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** In order: the read-only base, then the VM's own overlay. Raw files. */
  readonly disks: ReadonlyArray<{ readonly path: string; readonly readOnly: boolean }>;
  readonly address: VmAddress;
  readonly mtu: number;
  /** Unprivileged uid = gid of this slot; the VMM drops to it. */
  readonly uid: number;
  /** Directory for this VM's sockets, short. */
  readonly runDir: string;
  readonly logs: { readonly console: string; readonly vmm: string };
  /** Size at which console and VMM log are cut, in bytes. */
  readonly logLimitBytes: number;
  readonly accelerator: Accelerator;
  /** For a VM that will become a golden snapshot: the directory that `freeze` will be given, known from the start. */
  readonly freezeInto?: string;
  /** Set: it goes on from there instead of booting; devices and sizes must be those that it was frozen with. */
  readonly restore?: FrozenVm;
}

/** Memory and device state of a VM on disk, as `freeze` of the same driver wrote them. The disks are not in it. */
export interface FrozenVm {
  /**
   * Directory with the driver's own files. While no VM runs from them they may be packed and unpacked again: same names,
   * same content, holes where there were zeros. Owner and mode the driver sets itself when it restores.
   */
  readonly directory: string;
  /**
   * `shared`: a golden snapshot, from which many VMs start at one time. It is only ever read: no VMM that starts from
   * it is able to write it, and its pages are shared. `own`: one VM's own state, read once.
   */
  readonly use: "shared" | "own";
}

/** What adoption needs to find a running VMM again. Kept in the database. */
export interface VmmRecord {
  readonly driver: string;
  readonly identity: ProcessIdentity;
  readonly runDir: string;
}

/** One running VMM process. `exited` settles exactly once, whoever ended it. */
export interface VmMonitor {
  readonly record: VmmRecord;
  /** Unix socket whose other end is the guest's control port. */
  readonly controlSocket: string;
  /** Set where that socket leads to all of the guest's vsock ports: a client first asks for this one. */
  readonly controlVsockPort?: number;
  /** Set where the guest makes that socket itself: only a socket of this user is connected to, and through no link. */
  readonly controlOwner?: number;
  /** Absent: its guest hangs on a TAP. */
  readonly port?: PortKind;
  readonly exited: Promise<ExitStatus>;
  /** The VMM's own words for its state, e.g. "running", "paused", "guest-panicked". */
  status(): Promise<string>;
  /** Asks the guest to power off; kills when `progress` ends first. */
  shutdown(progress: Progress): Promise<ExitStatus>;
  /** Ends it now; settles when the process is gone (a large VM needs seconds). */
  kill(): Promise<ExitStatus>;
  /** Lets go of sockets and watchers without touching the VM: hostd ends, the VM lives on. */
  detach(): Promise<void>;
}

/** The skill of a monitor whose VM can be frozen. */
export interface Freezer {
  /**
   * Stops the guest and writes its memory and device state into `directory`, which exists and is empty (but for what
   * `freezeInto` put there). All is on disk when it settles, and the guest stays stopped: it is killed or thawed next.
   * DISK_FULL, VMM_PROTOCOL, VMM_REFUSED, BAD_CONFIG, DEADLINE_EXCEEDED: the guest is stopped too, and nothing of use
   * is in the directory.
   */
  freeze(progress: Progress, directory: string): Promise<void>;
  /** Lets a stopped guest go on. Of no effect on one that runs. */
  thaw(): Promise<void>;
}

/** Whether this VM can be frozen: ask for the skill, never for the driver's name. */
export const canFreeze = (monitor: VmMonitor): monitor is VmMonitor & Freezer =>
  "freeze" in monitor && "thaw" in monitor;

/** What a frozen VM depends on, besides its image and its sizes: it is restored by the same only. */
export interface FrozenBy {
  /** Name and version, as `VmmKit.version` says them. */
  readonly vmm: string;
  /** The processor that guests see, e.g. "Nehalem (emulated)" or the host's model. */
  readonly cpu: string;
}

export interface VmmDriver {
  readonly name: string;
  readonly features: {
    readonly snapshots: boolean;
    readonly vsock: boolean;
    readonly realGuest: boolean;
    readonly port: PortKind;
    readonly isolation: Isolation;
  };
  /** Of what VMs frozen now would depend. Only where `features.snapshots`. VMM_NOT_FOUND. */
  frozenBy(accelerator: Accelerator): Promise<FrozenBy>;
  /**
   * Races "control socket and monitor answer" against "ended"; start-up failures are rewritten into typed errors. With
   * `restore` the guest runs when it settles. SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH: the state cannot be read, or is
   * another VMM's or machine's.
   */
  launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor>;
  /** Finds a VMM that outlived us; undefined when that process is gone. */
  adopt(record: VmmRecord): Promise<VmMonitor | undefined>;
  /** Does ahead what the first restore from a `shared` directory would wait for. HOST_OUT_OF_MEMORY. */
  warm?(progress: Progress, directory: string): Promise<void>;
  /** Lets go of what is kept of a `shared` directory, which is removed next; VMs that run from it do not need it. */
  forget?(directory: string): void;
}
