import type { Packet, Station } from "./packet.ts";

/** A packet at a hook, as the rules of one base chain see it. */
export interface View {
  readonly packet: Packet;
  readonly station: Station;
  /** Conntrack has not seen it yet (priorities up to -200, linux/netfilter_ipv4.h). */
  readonly isUntracked: boolean;
}

/** A field's value; `null`: this packet has no such field, so the rule does not apply; undefined: not known. */
export type Field = string | number | boolean | null | undefined;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the left side of a match (libnftables-json(5)) is for this packet. */
export function fieldOf(left: unknown, view: View): Field {
  if (!isRecord(left)) return undefined;
  if (isRecord(left.meta)) return metaField(String(left.meta.key), view);
  if (isRecord(left.payload)) return payloadField(left.payload, view.packet);
  if (isRecord(left.ct)) return view.isUntracked ? null : ctField(String(left.ct.key), view.packet);
  if (isRecord(left.fib)) return fibField(left.fib, view);
  // A bit of a mark: nobody marks these packets.
  if (Array.isArray(left["&"])) return isMark(left["&"][0]) ? 0 : undefined;
  return undefined;
}

const isMark = (left: unknown): boolean =>
  isRecord(left) &&
  [left.meta, left.ct].some((one) => isRecord(one) && (one.key === "mark" || one.key === "secmark"));

function metaField(key: string, { packet, station }: View): Field {
  switch (key) {
    case "iifname":
    case "iif":
      return station.iif === "" ? null : station.iif;
    case "oifname":
    case "oif":
      return station.oif === "" ? null : station.oif;
    case "l4proto":
      return packet.kind === "arp" ? null : packet.protocol;
    case "protocol":
      return packet.kind;
    case "nfproto":
      return packet.kind === "ip" ? "ipv4" : null;
    case "pkttype":
      return packet.destinationMac === "ff:ff:ff:ff:ff:ff" ? "broadcast" : "host";
    case "iiftype":
      return station.iif === "" ? null : "ether";
    case "oiftype":
      return station.oif === "" ? null : "ether";
    case "mark":
      return 0;
    default:
      return undefined;
  }
}

const PAYLOADS: Readonly<Record<string, (packet: Packet, field: string) => Field>> = {
  ether: ({ kind, sourceMac, destinationMac }, field) =>
    ({ type: kind, saddr: sourceMac, daddr: destinationMac })[field],
  ip: ({ kind, source, destination, protocol }, field) =>
    kind === "ip" ? { saddr: source, daddr: destination, protocol, version: 4 }[field] : null,
  arp: ({ kind, arpOperation, source, destination, sourceMac }, field) =>
    kind === "arp"
      ? {
          operation: arpOperation,
          "saddr ip": source,
          "daddr ip": destination,
          "saddr ether": sourceMac,
          ptype: "ip",
          htype: 1,
          hlen: 6,
          plen: 4,
        }[field]
      : null,
  icmp: ({ protocol, icmpType }, field) => (protocol === "icmp" ? { type: icmpType, code: 0 }[field] : null),
  tcp: (packet, field) => (packet.protocol === "tcp" ? portField(packet, field) : null),
  th: (packet, field) => (packet.protocol === "icmp" ? null : portField(packet, field)),
};

function payloadField({ protocol, field }: Record<string, unknown>, packet: Packet): Field {
  if (typeof protocol !== "string") return undefined; // raw offsets
  const read = Object.hasOwn(PAYLOADS, protocol) ? PAYLOADS[protocol] : undefined;
  // Any other protocol (ip6, udp, vlan, …) is not in these packets.
  return read ? read(packet, String(field)) : null;
}

/** The port of the side that was not named is some high one. */
const EPHEMERAL = 40_000;
const portField = ({ sourcePort, destinationPort }: Packet, field: string): Field =>
  ({ sport: sourcePort ?? EPHEMERAL, dport: destinationPort ?? EPHEMERAL })[field];

function ctField(key: string, { state, kind }: Packet): Field {
  if (kind === "arp") return null;
  switch (key) {
    case "state":
      return state;
    case "status":
      return "confirmed"; // neither translated nor expected
    case "mark":
      return 0;
    case "l3proto":
      return "ipv4";
    default:
      return undefined;
  }
}

function fibField({ result, flags }: Record<string, unknown>, { packet, station }: View): Field {
  const asked = Array.isArray(flags) ? flags : [flags];
  // Whether there is a way back by the link it came from: in a network as planned there is.
  if (result === "oif" || result === "oifname") return true;
  if (result !== "type" || asked.length === 0) return undefined;
  if (asked[0] === "daddr") return packet.destinationType;
  return station.hook === "output" ? "local" : "unicast";
}
