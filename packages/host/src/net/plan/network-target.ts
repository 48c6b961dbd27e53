import type { VmAddress, VmId } from "@browservm/contract";
import type { AddressFacts } from "../../linux/addresses.ts";
import type { RouteFacts } from "../../linux/routes.ts";
import type { SlotEgress } from "../egress/egress-elements.ts";
import type { LinkFacts, NeighbourFacts } from "../facts.ts";
import type { Table } from "../firewall/ruleset.ts";
import type { Sysctl } from "../sysctl.ts";

export interface BridgeTarget {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly gateway: string;
  readonly prefix: number;
}

export interface CanaryTarget {
  readonly ip: string;
  readonly port: number;
  readonly prefix: number;
  readonly gateway: string;
  readonly mtu: number;
}

/** An address and the VM that holds it. */
export interface HeldAddress {
  readonly vmId: VmId;
  readonly address: VmAddress;
  /** Where it may go; absent: as the network is set. */
  readonly egress?: SlotEgress;
}

/** What the network must be. */
export interface NetworkTarget {
  readonly bridge: BridgeTarget;
  readonly sysctls: readonly Sysctl[];
  readonly tables: readonly Table[];
  readonly canary?: CanaryTarget;
  /** Addresses that VMs hold. Those whose TAP exists must be plugged and admitted. */
  readonly held: readonly HeldAddress[];
}

/** What the network is. */
export interface CurrentNetwork {
  /** What has the bridge's name, whatever it is. */
  readonly bridge?: LinkFacts;
  /** Of every link, as routes and neighbours below. */
  readonly addresses: readonly AddressFacts[];
  readonly routes: readonly RouteFacts[];
  readonly neighbours: readonly NeighbourFacts[];
  readonly sysctls: ReadonlyMap<string, string | undefined>;
  /** See `loadedGeneration`. */
  readonly generation: string | undefined;
  /** `elementKey` of every element in our sets. */
  readonly elements: ReadonlySet<string>;
  readonly taps: readonly LinkFacts[];
  /** Names of all links by ifindex, for words. */
  readonly names: ReadonlyMap<number, string>;
  readonly canary: { readonly alive: boolean; readonly port?: LinkFacts };
}
