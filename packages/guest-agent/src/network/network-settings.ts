/** The guest's whole address plan: one link, IPv4 only, static. */
export interface NetworkSettings {
  readonly mac: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly dns: readonly string[];
  readonly mtu: number;
}

/** systemd.network(5): matched by MAC, nothing else may configure this link. */
export function networkdFile({ mac, address, prefix, gateway, dns, mtu }: NetworkSettings): string {
  return [
    "# Written by browservm-agent. It is the only authority for this link.",
    "[Match]",
    `MACAddress=${mac}`,
    "",
    "[Link]",
    `MTUBytes=${mtu}`,
    "RequiredForOnline=no",
    "",
    "[Network]",
    "DHCP=no",
    "LinkLocalAddressing=no",
    "IPv6AcceptRA=no",
    "LLMNR=no",
    "MulticastDNS=no",
    "ConfigureWithoutCarrier=yes",
    `Address=${address}/${prefix}`,
    `Gateway=${gateway}`,
    ...dns.map((server) => `DNS=${server}`),
    "",
  ].join("\n");
}

export const resolvConf = (dns: readonly string[]): string =>
  ["# Written by browservm-agent.", ...dns.map((server) => `nameserver ${server}`), ""].join("\n");
