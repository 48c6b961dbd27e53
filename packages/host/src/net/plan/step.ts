import type { VmId } from "@browservm/contract";
import type { AddressFacts } from "../../linux/addresses.ts";
import type { LinkChange, PortChange } from "../../linux/links.ts";
import type { RouteFacts } from "../../linux/routes.ts";
import type { SetElement, Table } from "../firewall/ruleset.ts";
import type { Sysctl } from "../sysctl.ts";
import type { BridgeTarget, CanaryTarget } from "./network-target.ts";

/** Why a step is needed, in the doctor's vocabulary. */
export interface Because {
  /** The doctor's code for what is broken. */
  readonly code: string;
  /** What was seen, in one sentence. */
  readonly cause: string;
  /** Absent: it is about the host. */
  readonly vmId?: VmId;
}

/** Which of the options that a bridge of ours never has are on. */
export interface BridgeOptions {
  readonly stp: boolean;
  readonly vlanFiltering: boolean;
}

type Act =
  | { readonly do: "createBridge"; readonly bridge: BridgeTarget }
  | { readonly do: "setSysctl"; readonly sysctl: Sysctl }
  | { readonly do: "addGateway"; readonly bridge: BridgeTarget }
  | { readonly do: "plainBridge"; readonly name: string; readonly off: BridgeOptions }
  | { readonly do: "setLink"; readonly name: string; readonly change: LinkChange }
  | { readonly do: "setPort"; readonly name: string; readonly change: PortChange }
  | { readonly do: "loadRules"; readonly tables: readonly Table[]; readonly elements: readonly SetElement[] }
  | { readonly do: "admit"; readonly elements: readonly SetElement[] }
  | { readonly do: "expel"; readonly elements: readonly SetElement[] }
  | { readonly do: "plugPort"; readonly name: string; readonly bridge: BridgeTarget }
  | { readonly do: "removeAddress"; readonly name: string; readonly address: AddressFacts }
  | { readonly do: "removeRoute"; readonly route: RouteFacts; readonly dev: string }
  | { readonly do: "addRoute"; readonly bridge: BridgeTarget }
  | { readonly do: "forgetNeighbour"; readonly ip: string; readonly ifindex: number; readonly dev: string }
  | { readonly do: "startCanary"; readonly canary: CanaryTarget };

/** One change to the kernel's network, and why. */
export type NetStep = Act & { readonly because: Because };

type Tell = { [Kind in Act["do"]]: (step: Extract<Act, { do: Kind }>) => string };

const WORDS: Tell = {
  createBridge: ({ bridge }) => `make the bridge ${bridge.name}`,
  setSysctl: ({ sysctl: { path, value } }) => `set ${path.replaceAll("/", ".")} to ${value}`,
  addGateway: ({ bridge }) => `give ${bridge.name} the address ${bridge.gateway}/${bridge.prefix}`,
  plainBridge: ({ name, off }) =>
    `turn off ${[...(off.stp ? ["STP"] : []), ...(off.vlanFiltering ? ["VLAN filtering"] : [])].join(" and ")} of ${name}`,
  setLink: ({ name, change }) => `set ${tellChange(change)} of ${name}`,
  setPort: ({ name, change }) => `set ${tellChange(change)} of port ${name}`,
  loadRules: () => "load our nftables rules, with every VM in them",
  admit: ({ elements }) => `put ${elements.length} elements back into our sets`,
  expel: ({ elements }) => `remove ${elements.length} elements that are not ours from our sets`,
  plugPort: ({ name, bridge }) => `plug ${name} into ${bridge.name}`,
  removeAddress: ({ name, address }) => `remove ${address.ip}/${address.prefix} from ${name}`,
  removeRoute: ({ route, dev }) => `remove the route to ${route.ip}/${route.prefix} by ${dev}`,
  addRoute: ({ bridge }) => `add the route to our range by ${bridge.name}`,
  forgetNeighbour: ({ ip, dev }) => `forget the neighbour ${ip} on ${dev}`,
  startCanary: () => "start the canary anew",
};

const tellChange = (change: object): string =>
  Object.entries(change)
    .map(([what, value]) => `${what} ${value}`)
    .join(", ");

/** What a step does, in words of the field. */
export function describeStep(step: NetStep): string {
  // The kind chooses the teller, but TypeScript cannot follow a union through an index.
  const tell = WORDS[step.do] as (step: Act) => string;
  return tell(step);
}

/** What steps of one cause have in common: the fault and whom it is about. */
export const faultOf = ({ because: { code, vmId } }: NetStep): string => `${code} ${vmId ?? "host"}`;
