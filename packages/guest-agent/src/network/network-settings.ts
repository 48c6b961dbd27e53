/** The guest's whole address plan: one link, IPv4 only, static. */
export interface NetworkSettings {
  readonly mac: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly dns: readonly string[];
  readonly mtu: number;
}

/**
 * systemd.network(5): matched by MAC, nothing else may configure this link. It says that there is no broadcast address,
 * which no guest needs: networkd 252 looks for an address that is there by its broadcast address too, before it has
 * derived that from the prefix, so it would take away what it then gives again – for 0.2 s, or seconds on a busy machine.
 */
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
    "[Address]",
    `Address=${address}/${prefix}`,
    "Broadcast=no",
    "",
    "[Network]",
    "DHCP=no",
    "LinkLocalAddressing=no",
    "IPv6AcceptRA=no",
    "LLMNR=no",
    "MulticastDNS=no",
    "ConfigureWithoutCarrier=yes",
    `Gateway=${gateway}`,
    ...dns.map((server) => `DNS=${server}`),
    "",
  ].join("\n");
}

export const resolvConf = (dns: readonly string[]): string =>
  ["# Written by browservm-agent.", ...dns.map((server) => `nameserver ${server}`), ""].join("\n");
