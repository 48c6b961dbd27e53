import type { GuestResult, VmAddress, VmId, VmState } from "@browservm/contract";
import type { PortKind } from "../../net/facts.ts";
import type { HostSight, PacketDelta } from "./host-sight.ts";

export type TcpAnswer = "open" | "refused" | "unreachable" | "timeout";
export interface PingAnswer {
  readonly ok: boolean;
  /** The errno's word when the kernel refused at once, e.g. "EPERM", "EHOSTUNREACH". */
  readonly error?: string;
}

/**
 * A second, denser probe of a path that is dead: nothing else is asked meanwhile, so the counters tell how far its
 * packets got. Echo requests where the guest answers ARP, else ARP requests.
 */
export interface Burst {
  readonly kind: "echo" | "arp";
  readonly sent: number;
  readonly bridge: PacketDelta | undefined;
  readonly tap: PacketDelta | undefined;
  /** Echo requests that the guest's kernel says to have received; undefined when it was not or cannot be asked. */
  readonly guestReceived?: number;
}

/** Small packets both ways, and what the counters did meanwhile. */
export interface PathProbe {
  readonly toGuest: {
    /** Three echo requests. */
    readonly pings: readonly PingAnswer[];
    /** MACs that answered who-has on the bridge. */
    readonly arp: readonly string[];
    /** The agent's port, and SSH. */
    readonly agent: TcpAnswer;
    readonly ssh: TcpAnswer;
    /** Who answered the nonce: this VM, another, or nobody. */
    readonly nonce: "ours" | "other" | "none";
    /** Full-size packets that may not be fragmented, by payload in bytes; only when small ones pass. */
    readonly mtu: ReadonlyArray<{ readonly payloadBytes: number; readonly answer: PingAnswer }>;
  };
  /** Asked over the control channel; undefined when the guest is silent there. */
  readonly fromGuest:
    | {
        readonly gateway: PingAnswer;
        /** A port of the gateway that must be refused: "refused" proves that TCP gets there and back. */
        readonly closedPort: TcpAnswer;
        readonly fullSize?: PingAnswer;
        /** The allowed target outside (`plan.openTarget`), when there is an uplink. */
        readonly outside?: TcpAnswer;
        readonly dns?: { readonly ok: boolean; readonly error?: string };
      }
    | undefined;
  /** Of the TAP, over this probe; undefined when there is no TAP. */
  readonly tap: PacketDelta | undefined;
  /** Packets that we sent to the guest, at least. */
  readonly sent: number;
  /** Only when no ping was answered. */
  readonly burst?: Burst;
}

/** One VM from outside and, over the control channel, from inside. */
export interface VmSight {
  readonly vmId: VmId;
  readonly state: VmState;
  /** Why it failed, if it did. */
  readonly reason?: { readonly code: string; readonly message: string };
  readonly address: VmAddress;
  readonly port: PortKind;
  readonly ownerUid: number;
  readonly hasBrowser: boolean;
  /** By which link, and from which address, the kernel would send to the guest; undefined: it has no route, or refuses. */
  readonly route: { readonly dev: string; readonly source?: string; readonly via?: string } | undefined;
  readonly vmm: {
    readonly pid: number | undefined;
    readonly alive: boolean;
    /** /proc/PID/stat: "R", "S", "T" (stopped), "Z", …; undefined when gone. */
    readonly processState: string | undefined;
    /** In the VMM's own words: "running", "paused", …; undefined when its monitor does not answer. */
    readonly status: string | undefined;
    readonly log: readonly string[];
    /** Inode of the network namespace that it lives in. */
    readonly namespaceInode: string | undefined;
  };
  /** Last lines of the console. */
  readonly console: readonly string[];
  readonly guest:
    | {
        readonly network: GuestResult<"network.get">;
        /** undefined: its service manager does not answer. */
        readonly services: GuestResult<"services.status"> | undefined;
        /** undefined: an agent that does not know the call. */
        readonly health: GuestResult<"health.get"> | undefined;
        readonly browser: GuestResult<"browser.status"> | undefined;
      }
    | { readonly silent: string };
  /** undefined: no probe, for the VM has no running VMM. */
  readonly probe: PathProbe | undefined;
}

/** What the checks of one VM judge. */
export interface VmSubject {
  readonly host: HostSight;
  readonly vm: VmSight;
}
