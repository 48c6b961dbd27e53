import type { BridgePort, NetworkPicture, Repair, VmId } from "@browservm/contract";
import type { LinkFacts } from "../facts.ts";
import { generationOf } from "../firewall/ruleset.ts";
import type { LinuxNetwork } from "../linux-network.ts";
import { CANARY_PORT } from "../names.ts";
import type { CurrentNetwork, HeldAddress } from "../plan.ts";

const FORWARDING = 3; // BR_STATE_FORWARDING, linux/if_bridge.h

export interface PictureParts {
  readonly network: LinuxNetwork;
  /** Whether this VM has (or should have) a running VMM: only then its TAP is missed. */
  readonly isLive: (vmId: VmId) => boolean;
  /** Newest first. */
  readonly repairs: readonly Repair[];
}

/** The bridge and what is plugged into it, as the kernel has it now. */
export async function drawNetwork({ network, isLive, repairs }: PictureParts): Promise<NetworkPicture> {
  const current = await network.keeper.read();
  const links = network.look.links();
  const held = network.held();
  const { bridge } = current;
  const ports = links.filter(({ master }) => bridge !== undefined && master === bridge.index);
  const plugged = new Set(ports.map(({ name }) => name));
  const uplink = links.find(({ name }) => name === network.uplinkName);
  return {
    at: new Date().toISOString(),
    ...(bridge ? { bridge: describeBridge(bridge, current) } : {}),
    ports: ports.map((port) => describePort(port, held)),
    unplugged: held
      .filter(({ vmId, address: { tap } }) => isLive(vmId) && !plugged.has(tap))
      .map(({ vmId, address: { tap } }) => ({ vmId, tap, exists: links.some(({ name }) => name === tap) })),
    rules: rulesOf(current, network),
    ...(uplink ? { uplink: { name: uplink.name, up: uplink.up, carrier: uplink.carrier } } : {}),
    repairs: [...repairs],
  };
}

const countersOf = ({ rxPackets, txPackets, rxDropped, txDropped }: LinkFacts) => ({
  rxPackets,
  txPackets,
  rxDropped,
  txDropped,
});

const describeBridge = (link: LinkFacts, { addresses }: CurrentNetwork) => ({
  name: link.name,
  up: link.up,
  carrier: link.carrier,
  mac: link.mac,
  mtu: link.mtu,
  stp: link.bridge?.stp ?? false,
  addresses: addresses
    .filter(({ ifindex }) => ifindex === link.index)
    .map(({ ip, prefix }) => `${ip}/${prefix}`),
  ...countersOf(link),
});

function describePort(link: LinkFacts, held: readonly HeldAddress[]): BridgePort {
  const vmId = held.find(({ address }) => address.tap === link.name)?.vmId;
  const kind = vmId ? "vm" : link.name === CANARY_PORT ? "canary" : "stranger";
  return {
    name: link.name,
    kind,
    ...(vmId ? { vmId } : {}),
    up: link.up,
    carrier: link.carrier,
    forwarding: link.port?.state === FORWARDING,
    isolated: link.port?.isolated ?? false,
    ...countersOf(link),
  };
}

function rulesOf({ generation }: CurrentNetwork, { target }: LinuxNetwork): NetworkPicture["rules"] {
  if (generation === undefined) return "missing";
  return generation === generationOf(target.tables) ? "loaded" : "altered";
}
