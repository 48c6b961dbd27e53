import type { LinkFacts } from "../facts.ts";
import type { CurrentNetwork, NetworkTarget } from "./network-target.ts";
import type { Because, NetStep } from "./step.ts";

const NET_ADDR_SET = 3; // linux/netdevice.h

/** Whether something else has the bridge's name; it is not ours to change. */
export const isStranger = ({ bridge }: CurrentNetwork): boolean =>
  bridge !== undefined && bridge.kind !== "bridge";

/** Why everything on the bridge must be made again, when it is not there. */
export function bridgeGone(current: CurrentNetwork, { bridge }: NetworkTarget): Because | undefined {
  if (current.bridge) return undefined;
  return { code: "bridge-missing", cause: `there is no bridge ${bridge.name}` };
}

/** The bridge with its address, MAC and options. */
export function planBridge(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const gone = bridgeGone(current, target);
  const { bridge } = target;
  const hasGateway = current.addresses.some(
    ({ ifindex, ip, prefix }) =>
      ifindex === current.bridge?.index && ip === bridge.gateway && prefix === bridge.prefix,
  );
  const address = `${bridge.gateway}/${bridge.prefix}`;
  const noGateway = gone ?? { code: "bridge-address", cause: `${bridge.name} has no address ${address}` };
  return [
    ...(hasGateway ? [] : [{ do: "addGateway", bridge, because: noGateway } as const]),
    ...planOptions(current, target),
    ...planLink(current, target),
  ];
}

function planOptions({ bridge: link }: CurrentNetwork, { bridge: { name } }: NetworkTarget): NetStep[] {
  const off = (stp: boolean, vlanFiltering: boolean, because: Because): NetStep =>
    ({ do: "plainBridge", name, off: { stp, vlanFiltering }, because }) as const;
  return [
    ...(link?.bridge?.stp ? [off(true, false, { code: "bridge-stp", cause: `STP is on at ${name}` })] : []),
    ...(link?.bridge?.vlanFiltering
      ? [off(false, true, { code: "bridge-vlan-filtering", cause: `VLAN filtering is on at ${name}` })]
      : []),
  ];
}

function planLink(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const { bridge: link } = current;
  const { name, mac, mtu } = target.bridge;
  const gone = bridgeGone(current, target);
  if (gone) return [{ do: "setLink", name, change: { mac, mtu, up: true }, because: gone }];
  if (!link) return [];
  return [
    ...macSteps(link, mac),
    ...(link.mtu === mtu
      ? []
      : [{ do: "setLink", name, change: { mtu }, because: whyMtu(link, current, target) } as const]),
    ...(link.noArp
      ? [set(link, { arp: true }, "bridge-arp-off", `ARP is switched off at ${name} (NOARP)`)]
      : []),
    ...(link.up ? [] : [set(link, { up: true }, "bridge-down", `${name} is down`)]),
  ];
}

const set = (
  { name }: LinkFacts,
  change: Extract<NetStep, { do: "setLink" }>["change"],
  code: string,
  cause: string,
) => ({ do: "setLink", name, change, because: { code, cause } }) as const;

function macSteps(link: LinkFacts, mac: string): NetStep[] {
  if (link.mac !== mac)
    return [set(link, { mac }, "bridge-mac", `${link.name} has the MAC ${link.mac}, not ${mac}`)];
  // Unknown where sysfs cannot be mounted: then the right MAC is all that can be asked.
  if ((link.addressAssignType ?? NET_ADDR_SET) === NET_ADDR_SET) return [];
  const cause = `the MAC of ${link.name} is not set by hand, so ports can change it`;
  return [set(link, { mac }, "bridge-mac-unpinned", cause)];
}

/** The kernel lowers a bridge to the MTU of its lowest port, which is then the cause. */
function whyMtu(link: LinkFacts, current: CurrentNetwork, target: NetworkTarget): Because {
  const port = current.taps.find(({ master, mtu }) => master === link.index && mtu === link.mtu);
  const held = target.held.find(({ address }) => address.tap === port?.name);
  if (port && held)
    return {
      code: "tap-mtu",
      cause: `${port.name} has MTU ${port.mtu}, not ${target.bridge.mtu}`,
      vmId: held.vmId,
    };
  return { code: "bridge-mtu", cause: `${link.name} has MTU ${link.mtu}, not ${target.bridge.mtu}` };
}
