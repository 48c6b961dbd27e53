import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Config, Ipv4 } from "@browservm/contract";
import { Ipv4 as Ipv4Schema } from "@browservm/contract";
import type { AddressPlan } from "./address-plan.ts";
import { guestTable } from "./firewall/guest-rules.ts";
import { policyTable } from "./firewall/policy-rules.ts";
import type { NetworkPlan } from "./host-network.ts";
import { formatRange } from "./ipv4.ts";
import { bridgeMac } from "./names.ts";
import type { NetworkTarget } from "./plan.ts";
import { bridgeSysctls, forwardingOf, namespaceSysctls } from "./sysctl.ts";
import type { Uplink } from "./uplink.ts";

/** Where the canary listens. */
const CANARY_TCP_PORT = 7777;
const METADATA = Ipv4Schema.parse("169.254.169.254");

/** What the configuration, the address plan and the way out together ask of the kernel; VMs come later. */
export function networkTarget(
  config: Config,
  addresses: AddressPlan,
  uplink: Uplink,
): Omit<NetworkTarget, "held"> {
  const { bridge, mtu, namespace } = config.network;
  const { prefix } = addresses.range;
  const { gateway, canary } = addresses;
  return {
    bridge: { name: bridge, mac: bridgeMac(bridge, machineId()), mtu, gateway, prefix },
    sysctls: [
      ...(namespace === "isolated" ? namespaceSysctls() : []),
      ...bridgeSysctls(bridge),
      ...(uplink.link ? [forwardingOf(uplink.link)] : []),
    ],
    tables: [guestTable(), policyTable(policyTarget(config, addresses, uplink))],
    ...(canary ? { canary: { ip: canary, port: CANARY_TCP_PORT, prefix, gateway, mtu } } : {}),
  };
}

function policyTarget(config: Config, { range, gateway }: AddressPlan, uplink: Uplink) {
  const { link, masquerade, machineIp, dns } = uplink;
  return {
    bridge: config.network.bridge,
    cidr: formatRange(range),
    gateway,
    dns,
    ...(link ? { uplink: { link, masquerade, ...(machineIp ? { machineIp } : {}) } } : {}),
  };
}

/** The same, in the words that gate, doctor and launch need. */
export function networkPlan(
  config: Config,
  addresses: AddressPlan,
  { target, uplink }: { readonly target: Omit<NetworkTarget, "held">; readonly uplink: Uplink },
): Omit<NetworkPlan, "warnings"> {
  const { range, gateway, canary } = addresses;
  const [resolver] = uplink.dns;
  return {
    bridge: config.network.bridge,
    bridgeMac: target.bridge.mac,
    gateway,
    cidr: formatRange(range),
    prefix: range.prefix,
    mtu: config.network.mtu,
    dns: uplink.dns,
    ...(canary ? { canary: { ip: canary, port: CANARY_TCP_PORT } } : {}),
    hasUplink: uplink.link !== undefined,
    closed: closedTargets(config, gateway, uplink),
    ...(resolver ? { openTarget: { what: "the DNS server", ip: resolver, port: 53 } } : {}),
  };
}

function closedTargets(config: Config, gateway: Ipv4, uplink: Uplink): NetworkPlan["closed"] {
  const controllerPort = Number(config.listen.slice(config.listen.lastIndexOf(":") + 1));
  const machine = [...(uplink.machineIp ? [uplink.machineIp] : []), ...uplink.machineAddresses.slice(0, 1)];
  return [
    { what: "SSH of the host", ip: gateway, port: 22 },
    { what: "the controller on the host", ip: gateway, port: controllerPort },
    { what: "the metadata service", ip: METADATA, port: 80 },
    ...machine.map((ip) => ({ what: "the machine's own address", ip, port: 22 })),
  ];
}

/** machine-id(5); where there is none, the host's name must do. */
function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim();
  } catch {
    return hostname();
  }
}
