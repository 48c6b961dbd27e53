import type { VmAddress } from "@browservm/contract";
import type { LinkFacts } from "./facts.ts";
import { guestElements } from "./firewall/guest-rules.ts";
import { policyElements } from "./firewall/policy-rules.ts";
import { generationOf, type SetElement, type Table } from "./firewall/ruleset.ts";
import { CANARY_PORT } from "./names.ts";
import type { Sysctl } from "./sysctl.ts";

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

/** What the network must be. */
export interface NetworkTarget {
  readonly bridge: BridgeTarget;
  readonly sysctls: readonly Sysctl[];
  readonly tables: readonly Table[];
  readonly canary?: CanaryTarget;
  /** Addresses that VMs hold. Those whose TAP exists must be plugged and admitted. */
  readonly held: readonly VmAddress[];
}

/** What the network is. */
export interface CurrentNetwork {
  readonly bridge?: LinkFacts;
  /** "ip/prefix" of every address on the bridge. */
  readonly bridgeAddresses: readonly string[];
  readonly sysctls: ReadonlyMap<string, string | undefined>;
  /** See `loadedGeneration`. */
  readonly generation: string | undefined;
  /** `elementKey` of every element in our sets. */
  readonly elements: ReadonlySet<string>;
  readonly taps: readonly LinkFacts[];
  readonly canary: { readonly alive: boolean; readonly port?: LinkFacts };
}

export type NetStep =
  | { readonly do: "createBridge"; readonly bridge: BridgeTarget }
  | { readonly do: "setSysctl"; readonly sysctl: Sysctl }
  | { readonly do: "addGateway"; readonly bridge: BridgeTarget }
  | { readonly do: "adjustBridge"; readonly bridge: BridgeTarget; readonly off: BridgeOptions }
  | { readonly do: "loadRules"; readonly tables: readonly Table[]; readonly elements: readonly SetElement[] }
  | { readonly do: "admit"; readonly elements: readonly SetElement[] }
  | { readonly do: "plugPort"; readonly name: string; readonly bridge: BridgeTarget }
  | { readonly do: "startCanary"; readonly canary: CanaryTarget };

/** Which of the options that a bridge of ours never has are on. */
export interface BridgeOptions {
  readonly stp: boolean;
  readonly vlanFiltering: boolean;
}

const NET_ADDR_SET = 3; // linux/netdevice.h

/** The one form in which elements of target and kernel are compared. */
export const elementKey = (table: string, set: string, parts: readonly string[]): string =>
  `${table} ${set} ${parts.join(" . ")}`;

/** Every element that this VM needs, in all tables. */
export const elementsOfVm = (address: VmAddress): SetElement[] => [
  ...guestElements(address),
  ...policyElements(address),
];

/**
 * The steps that are missing from `current` to `target`, in a safe order. Pure, and idempotent: planned again after
 * its steps ran, it is empty; run to any point, the next plan is the rest.
 */
export function planNetwork(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  return [
    ...(current.bridge ? [] : [{ do: "createBridge", bridge: target.bridge } as const]),
    ...planSysctls(current, target),
    ...planRules(current, target),
    ...planBridge(current, target),
    ...planTaps(current, target),
    ...planCanary(current, target),
  ];
}

function planSysctls(current: CurrentNetwork, { sysctls, bridge }: NetworkTarget): NetStep[] {
  return sysctls
    .filter(({ path, value }) => {
      const now = current.sysctls.get(path);
      // A setting that does not exist cannot be set, except those of the bridge that is about to be made.
      return now === undefined ? !current.bridge && path.includes(`/${bridge.name}/`) : now !== value;
    })
    .map((sysctl) => ({ do: "setSysctl", sysctl }));
}

function planRules(current: CurrentNetwork, { tables, held }: NetworkTarget): NetStep[] {
  const live = new Set(current.taps.map(({ name }) => name));
  const elements = held.filter(({ tap }) => live.has(tap)).flatMap(elementsOfVm);
  if (current.generation !== generationOf(tables)) return [{ do: "loadRules", tables, elements }];
  const missing = elements.filter(
    ({ table, set, element }) =>
      !current.elements.has(elementKey(table, set, element.replaceAll('"', "").split(" . "))),
  );
  return missing.length > 0 ? [{ do: "admit", elements: missing }] : [];
}

function planBridge({ bridge: link, bridgeAddresses }: CurrentNetwork, { bridge }: NetworkTarget): NetStep[] {
  const hasGateway = bridgeAddresses.includes(`${bridge.gateway}/${bridge.prefix}`);
  const off = { stp: link?.bridge?.stp ?? false, vlanFiltering: link?.bridge?.vlanFiltering ?? false };
  const isAsPlanned =
    link?.up === true &&
    link.mac === bridge.mac &&
    // Unknown where sysfs cannot be mounted: then the right MAC is all that can be asked.
    (link.addressAssignType ?? NET_ADDR_SET) === NET_ADDR_SET &&
    link.mtu === bridge.mtu &&
    !link.noArp &&
    !off.stp &&
    !off.vlanFiltering;
  return [
    ...(hasGateway ? [] : [{ do: "addGateway", bridge } as const]),
    ...(isAsPlanned ? [] : [{ do: "adjustBridge", bridge, off } as const]),
  ];
}

function planTaps(current: CurrentNetwork, { bridge, held }: NetworkTarget): NetStep[] {
  const names = new Set<string>(held.map(({ tap }) => tap));
  return current.taps
    .filter(({ name }) => names.has(name))
    .filter((tap) => !isPlugged(tap, current.bridge, bridge.mtu))
    .map(({ name }) => ({ do: "plugPort", name, bridge }));
}

function planCanary({ canary: now, bridge }: CurrentNetwork, target: NetworkTarget): NetStep[] {
  if (!target.canary) return [];
  if (!now.alive || !now.port) return [{ do: "startCanary", canary: target.canary }];
  if (isPlugged(now.port, bridge, target.bridge.mtu)) return [];
  return [{ do: "plugPort", name: CANARY_PORT, bridge: target.bridge }];
}

/** Whether a link is a port of this bridge as all ports of ours must be. */
export const isPlugged = (link: LinkFacts, bridge: LinkFacts | undefined, mtu: number): boolean =>
  bridge !== undefined &&
  link.master === bridge.index &&
  link.up &&
  link.mtu === mtu &&
  link.port?.isolated === true;
