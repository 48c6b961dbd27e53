import { AGENT_PORT } from "@browservm/contract";

/** Which way must pass for people: each is probed by itself, too. */
export type Way = "arp" | "ping-to-guest" | "tcp-to-guest" | "ping-to-host" | "tcp-to-host" | "outside";

/** One place of the kernel that asks base chains about a packet (linux/netfilter.h), and by which link it goes there. */
export interface Station {
  /** `ip` stands for the inet family, too. */
  readonly family: "ip" | "bridge" | "arp" | "netdev";
  readonly hook: string;
  /** "": there is none at this hook; undefined: not known. */
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** Only chains of a lower priority see it, for our own rules end its way there. */
  readonly before?: number;
}

/** One packet that must pass, with all that rules may ask of it; what is undefined is not known. */
export interface Packet {
  readonly way: Way;
  readonly words: string;
  readonly kind: "ip" | "arp";
  readonly stations: readonly Station[];
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly sourceMac?: string | undefined;
  readonly destinationMac?: string | undefined;
  readonly protocol?: "icmp" | "tcp";
  readonly icmpType?: "echo-request" | "echo-reply";
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly state?: "new" | "established";
  readonly arpOperation?: "request" | "reply";
  /** Type of the destination in the routing table. */
  readonly destinationType: "local" | "unicast" | "broadcast";
}

/** Whose packets, by which links. */
export interface Traffic {
  readonly bridge: string;
  readonly bridgeMac?: string;
  readonly gateway?: string;
  readonly guests: ReadonlyArray<{ readonly ip: string; readonly mac: string; readonly tap: string }>;
  /** The way out; `link` undefined: some link that is not known. Absent: there is none through this namespace. */
  readonly uplink?: { readonly link: string | undefined; readonly target?: { ip: string; port: number } };
  /** Whether our own rules are loaded, which answer new TCP connections of guests to the host themselves. */
  readonly isOurs: boolean;
}

/** Priority of our own filter chains (policy-rules.ts). */
const OUR_PRIORITY = -5;
/** Any port that nobody serves: a rule for one service does not touch it. */
const CLOSED_PORT = 47_011;
const HTTPS = 443;
/** Any public address: what a rule says of private ranges does not touch it. */
const SOMEWHERE = "1.1.1.1";

type Guest = Traffic["guests"][number] | undefined;
type Shape = Omit<Packet, "stations" | "destinationType" | "words" | "way" | "kind">;

/** One packet of every kind that must pass between each guest, the host and the outside. */
export function packetsOf(traffic: Traffic): Packet[] {
  const guests: readonly Guest[] = traffic.guests.length > 0 ? traffic.guests : [undefined];
  return guests.flatMap((guest) => [
    ...localPackets(traffic, guest),
    ...arpPackets(traffic, guest),
    ...(traffic.uplink ? outsidePackets(traffic, guest, traffic.uplink) : []),
  ]);
}

const nameOf = (guest: Guest) => (guest ? `guest ${guest.ip}` : "a guest");

function localPackets(traffic: Traffic, guest: Guest): Packet[] {
  const name = nameOf(guest);
  const inward = (way: Way, words: string, shape: Shape, before?: number): Packet => ({
    ...shape,
    ...fromGuest(traffic, guest),
    way,
    words,
    kind: "ip",
    stations: fromGuestStations(traffic, guest, before),
    destinationType: "local",
  });
  const outward = (way: Way, words: string, shape: Shape): Packet => ({
    ...shape,
    ...toGuest(traffic, guest),
    way,
    words,
    kind: "ip",
    stations: toGuestStations(traffic, guest),
    destinationType: "unicast",
  });
  const request = { protocol: "icmp", icmpType: "echo-request", state: "new" } as const;
  const reply = { protocol: "icmp", icmpType: "echo-reply", state: "established" } as const;
  const syn = (port: number) => ({ protocol: "tcp", destinationPort: port, state: "new" }) as const;
  const answer = (port: number) => ({ protocol: "tcp", sourcePort: port, state: "established" }) as const;
  return [
    outward("ping-to-guest", `the host's ping of ${name}`, request),
    inward("ping-to-guest", `the answer of ${name} to the host's ping`, reply),
    outward("tcp-to-guest", `a new TCP connection of the host to ${name}`, syn(AGENT_PORT)),
    inward("tcp-to-guest", `TCP answers of ${name}`, answer(AGENT_PORT)),
    inward("ping-to-host", `a ping of ${name} to its gateway`, request),
    outward("ping-to-host", `the gateway's answer to a ping of ${name}`, reply),
    inward(
      "tcp-to-host",
      `a new TCP connection of ${name} to its gateway`,
      syn(CLOSED_PORT),
      traffic.isOurs ? OUR_PRIORITY : undefined,
    ),
    outward("tcp-to-host", `the gateway's TCP answers to ${name}`, answer(CLOSED_PORT)),
  ];
}

function arpPackets(traffic: Traffic, guest: Guest): Packet[] {
  const name = nameOf(guest);
  const { bridge } = traffic;
  const inward = [
    ...linkIn(guest?.tap, bridge),
    { family: "arp", hook: "input", iif: bridge, oif: "" } as const,
  ];
  const outward = [
    { family: "arp", hook: "output", iif: "", oif: bridge } as const,
    ...linkOut(guest?.tap, bridge),
  ];
  const both = (["request", "reply"] as const).flatMap((arpOperation): Packet[] => {
    const common = { way: "arp", kind: "arp", arpOperation, destinationType: "unicast" } as const;
    return [
      {
        ...common,
        ...fromGuest(traffic, guest),
        words: `an ARP ${arpOperation} of ${name}`,
        stations: inward,
      },
      {
        ...common,
        ...toGuest(traffic, guest),
        words: `an ARP ${arpOperation} to ${name}`,
        stations: outward,
      },
    ];
  });
  // A request goes to all.
  return both.map((packet) =>
    packet.arpOperation === "request" ? { ...packet, destinationMac: "ff:ff:ff:ff:ff:ff" } : packet,
  );
}

function outsidePackets(
  traffic: Traffic,
  guest: Guest,
  { link, target }: NonNullable<Traffic["uplink"]>,
): Packet[] {
  const { bridge } = traffic;
  const name = nameOf(guest);
  const targets = [...(target ? [target] : []), { ip: SOMEWHERE, port: HTTPS }];
  return targets.flatMap(({ ip, port }): Packet[] => [
    {
      ...fromGuest(traffic, guest),
      way: "outside",
      words: `a connection of ${name} to ${ip}:${port}`,
      kind: "ip",
      destination: ip,
      protocol: "tcp",
      destinationPort: port,
      state: "new",
      destinationType: "unicast",
      stations: [
        ...linkIn(guest?.tap, bridge),
        { family: "ip", hook: "prerouting", iif: bridge, oif: "" },
        { family: "ip", hook: "forward", iif: bridge, oif: link },
        { family: "ip", hook: "postrouting", iif: "", oif: link },
      ],
    },
    {
      ...toGuest(traffic, guest),
      way: "outside",
      words: `the answers of ${ip}:${port} to ${name}`,
      kind: "ip",
      source: ip,
      protocol: "tcp",
      sourcePort: port,
      state: "established",
      destinationType: "unicast",
      stations: [
        { family: "ip", hook: "prerouting", iif: link, oif: "" },
        { family: "ip", hook: "forward", iif: link, oif: bridge },
        { family: "ip", hook: "postrouting", iif: "", oif: bridge },
        ...linkOut(guest?.tap, bridge),
      ],
    },
  ]);
}

const fromGuest = ({ gateway, bridgeMac }: Traffic, guest: Guest) => ({
  source: guest?.ip,
  destination: gateway,
  sourceMac: guest?.mac,
  destinationMac: bridgeMac,
});
const toGuest = ({ gateway, bridgeMac }: Traffic, guest: Guest) => ({
  source: gateway,
  destination: guest?.ip,
  sourceMac: bridgeMac,
  destinationMac: guest?.mac,
});

/** From the guest's TAP up to the bridge itself. */
const linkIn = (tap: string | undefined, bridge: string): Station[] => [
  { family: "netdev", hook: "ingress", iif: tap, oif: "" },
  { family: "bridge", hook: "prerouting", iif: tap, oif: "" },
  { family: "bridge", hook: "input", iif: tap, oif: "" },
  { family: "netdev", hook: "ingress", iif: bridge, oif: "" },
];
const linkOut = (tap: string | undefined, bridge: string): Station[] => [
  { family: "netdev", hook: "egress", iif: "", oif: bridge },
  { family: "bridge", hook: "output", iif: "", oif: tap },
  { family: "bridge", hook: "postrouting", iif: "", oif: tap },
  { family: "netdev", hook: "egress", iif: "", oif: tap },
];

const fromGuestStations = (
  { bridge }: Traffic,
  guest: Guest,
  before: number | undefined,
): readonly Station[] => [
  ...linkIn(guest?.tap, bridge),
  { family: "ip", hook: "prerouting", iif: bridge, oif: "" },
  { family: "ip", hook: "input", iif: bridge, oif: "", ...(before === undefined ? {} : { before }) },
];
const toGuestStations = ({ bridge }: Traffic, guest: Guest): readonly Station[] => [
  { family: "ip", hook: "output", iif: "", oif: bridge },
  { family: "ip", hook: "postrouting", iif: "", oif: bridge },
  ...linkOut(guest?.tap, bridge),
];
