import type { Progress, VmAddress, VmId } from "@browservm/contract";
import type { ExitStatus } from "../process/detached.ts";
import type { ProcessIdentity } from "../process/identity.ts";

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
  readonly accelerator: "kvm" | "tcg";
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

export interface VmmDriver {
  readonly name: string;
  readonly features: {
    readonly snapshots: boolean;
    readonly pause: boolean;
    readonly vsock: boolean;
    readonly realGuest: boolean;
  };
  /** Races "control socket and monitor answer" against "ended"; start-up failures are rewritten into typed errors. */
  launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor>;
  /** Finds a VMM that outlived us; undefined when that process is gone. */
  adopt(record: VmmRecord): Promise<VmMonitor | undefined>;
}
