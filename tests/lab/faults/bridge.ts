import type { Fault } from "../fault.ts";

/** In one go, and without stopping where a watch was quicker. */
const atOnce = (...commands: readonly string[]): string =>
  `printf '%s\\n' ${commands.map((command) => `'${command}'`).join(" ")} | ip -force -batch - || true`;

const REMADE = atOnce(
  "link del {bridge}",
  "link add {bridge} address {bridgeMac} mtu {mtu} type bridge stp_state 0",
  "addr add {gateway}/{prefix} broadcast + dev {bridge}",
  "link set {bridge} up",
);

export const BRIDGE_FAULTS: readonly Fault[] = [
  {
    name: "bridge-deleted",
    story: "somebody deletes the bridge",
    facts: "network-facts 4a and 0.1, bridge re-created or gone; FVN2001",
    inject: { host: ["ip link del {bridge}"] },
    expect: { code: "bridge-missing", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
    fast: true,
  },
  {
    name: "bridge-is-no-bridge",
    story: "another kind of link has the bridge's name",
    facts: "network-facts 8.1",
    inject: { host: ["ip link del {bridge}", "ip link add {bridge} type veth peer name {bridge}-x"] },
    undo: { host: ["ip link del {bridge}"] },
    expect: { code: "bridge-wrong-kind", fix: "command" },
    spoilsHost: true,
  },
  {
    name: "bridge-down",
    story: "the bridge is set down",
    facts: "network-facts 4c, bridge admin down",
    inject: { host: ["ip link set {bridge} down"] },
    undo: { host: ["ip link set {bridge} up"] },
    expect: { code: "bridge-down", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
    fast: true,
  },
  {
    name: "bridge-without-address",
    story: "the gateway's address is removed from the bridge",
    facts: "network-facts 4c, bridge IP missing",
    inject: { host: ["ip addr flush dev {bridge}"] },
    undo: { host: ["ip addr add {gateway}/{prefix} dev {bridge}"] },
    expect: { code: "bridge-address", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
  },
  {
    name: "bridge-address-alone",
    story: "the bridge has the gateway's address as /32: there is no route to the guests",
    facts: "network-facts 4a, bridge IP is /32",
    inject: { host: ["ip addr flush dev {bridge}", "ip addr add {gateway}/32 dev {bridge}"] },
    undo: { host: ["ip addr flush dev {bridge}", "ip addr add {gateway}/{prefix} dev {bridge}"] },
    expect: { code: "bridge-address", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
  },
  {
    name: "bridge-mac-changed",
    story: "the bridge's MAC is changed: guests keep sending to the old one",
    facts: "network-facts 4f; FVN2003",
    inject: { host: ["ip link set {bridge} address 02:fc:de:ad:be:ef"] },
    undo: { host: ["ip link set {bridge} address {bridgeMac}"] },
    expect: { code: "bridge-mac", fix: "auto" },
    heals: true,
  },
  {
    name: "bridge-mac-unpinned",
    story: "the bridge was made again without a MAC of its own and took one from a port",
    facts: "network-facts 4f, unpinned; FVN2003",
    inject: {
      host: [
        "ip link add lab-mac address {bridgeMac} type veth peer name lab-mac-x",
        atOnce(
          "link del {bridge}",
          "link add {bridge} mtu {mtu} type bridge stp_state 0",
          "link set lab-mac master {bridge}",
          "addr add {gateway}/{prefix} broadcast + dev {bridge}",
          "link set {bridge} up",
          "link set {tap} master {bridge}",
          "link set {otherTap} master {bridge}",
        ),
        "bridge link set dev {tap} isolated on",
        "bridge link set dev {otherTap} isolated on",
      ],
    },
    undo: { host: ["ip link del lab-mac"] },
    expect: {
      code: "bridge-mac-unpinned",
      verdict: "warn",
      // A bridge that is made anew has the namespace's settings, and no canary.
      also: ["network-settings", "forwarding-off", "canary-dead"],
      fix: "auto",
    },
    heals: true,
    healedAs: "bridge-missing",
  },
  {
    name: "bridge-stp-on",
    story: "STP is switched on: ports listen and learn for 30 s before they forward",
    facts: "network-facts 4c, STP listening or learning; FVN2006",
    inject: { host: ["ip link set {bridge} type bridge stp_state 1"] },
    undo: { host: ["ip link set {bridge} type bridge stp_state 0"] },
    // Ports that forward already go on; only those that join now wait.
    expect: { code: "bridge-stp", fix: "auto" },
    heals: true,
    fast: true,
  },
  {
    name: "bridge-arp-off",
    story: "ARP is switched off on the bridge",
    facts: "network-facts 4c, NOARP on the bridge",
    inject: { host: ["ip link set {bridge} arp off"] },
    undo: { host: ["ip link set {bridge} arp on"] },
    expect: { code: "bridge-arp-off", symptoms: ["gateway-ping-dead"], fix: "auto" },
    heals: true,
  },
  {
    name: "bridge-small-mtu",
    story: "the bridge's MTU is set below the guests'",
    facts: "network-facts 4d, MTU",
    inject: { host: ["ip link set {bridge} mtu 1400"] },
    undo: { host: ["ip link set {bridge} mtu {mtu}"] },
    expect: { code: "bridge-mtu", fix: "auto" },
    heals: true,
  },
  {
    name: "bridge-nearly-full",
    story: "950 other ports are on the bridge, which takes 1023",
    facts: "network-facts 7, bridge limit; FVN2007",
    inject: {
      host: [
        "for i in $(seq 475); do echo link add lab-a$i group 99 master {bridge} type veth peer name lab-b$i; echo link set lab-b$i group 99 master {bridge}; done | ip -batch -",
      ],
    },
    undo: { host: ["ip link del group 99"] },
    expect: { code: "bridge-full", verdict: "warn", fix: "manual" },
  },
  {
    name: "canary-killed",
    story: "the listener that proves isolation has died",
    facts: "firecracker-facts 5, gate R8",
    inject: {
      host: ["kill -KILL $(cat {runDir}/canary/identity.json | sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/')"],
    },
    expect: { code: "canary-dead", verdict: "warn", fix: "auto" },
    heals: true,
  },
  {
    name: "vector-a",
    story:
      "the field report: three TAPs of dead VMs on the bridge, the live VM's TAP not on it, rp_filter and arp_ignore off: ARP resolves, IP is dead, the bridge has no carrier",
    facts: "network-facts 0.1, setup A",
    inject: {
      act: { words: "the other VMM lets go of its TAP", run: ({ other }) => other.change({ tap: "never" }) },
      host: [
        "ip link del bvm-canary",
        "for i in 7 8 9; do ip tuntap add fc-t$i mode tap; ip link set fc-t$i master {bridge} up; done",
        "for l in all {bridge} {tap}; do sysctl -qw net.ipv4.conf.$l.rp_filter=0 net.ipv4.conf.$l.arp_ignore=0; done",
        "ip link set {tap} nomaster",
        // The kernel tells a bridge of its ports' carriers at most once a second (linkwatch).
        "sleep 1.5",
      ],
    },
    undo: {
      act: { words: "it opens its TAP again", run: ({ other }) => other.change({}) },
      host: [
        "for i in 7 8 9; do ip link del fc-t$i; done",
        "for l in all {bridge} {tap}; do sysctl -qw net.ipv4.conf.$l.rp_filter=1 net.ipv4.conf.$l.arp_ignore=1; done",
        "ip link set {tap} master {bridge} up",
        "bridge link set dev {tap} isolated on",
      ],
    },
    expect: {
      code: "tap-orphan",
      also: ["network-settings"],
      symptoms: ["bridge-no-carrier", "guest-ping-dead", "gateway-ping-dead"],
      fix: "auto",
    },
    heals: true,
    fast: true,
  },
  {
    name: "vector-b",
    story:
      "the field report: an explicit /32 route by the TAP, added while debugging: ARP is perfect both ways, IP is dead",
    facts: "network-facts 0.1, setup B",
    inject: {
      host: [
        "for l in all {bridge} {tap}; do sysctl -qw net.ipv4.conf.$l.rp_filter=0 net.ipv4.conf.$l.arp_ignore=0; done",
        "ip route add {ip}/32 dev {tap}",
      ],
    },
    undo: {
      host: [
        "ip route del {ip}/32 dev {tap}",
        "for l in all {bridge} {tap}; do sysctl -qw net.ipv4.conf.$l.rp_filter=1 net.ipv4.conf.$l.arp_ignore=1; done",
      ],
    },
    expect: {
      code: "route-stolen",
      also: ["network-settings", "route-overlap"],
      symptoms: ["guest-ping-dead", "gateway-ping-dead"],
      fix: "auto",
    },
    heals: true,
    fast: true,
  },
  {
    name: "vector-c",
    story:
      "the field report: the bridge is deleted and made again with the same MAC and address; every running TAP silently lost it",
    facts: "network-facts 0.1, setup C",
    inject: { host: [REMADE] },
    undo: {
      host: [
        "ip link set {tap} master {bridge} up",
        "ip link set {otherTap} master {bridge} up",
        "bridge link set dev {tap} isolated on",
        "bridge link set dev {otherTap} isolated on",
      ],
    },
    expect: {
      code: "tap-orphan",
      also: ["network-settings", "forwarding-off"],
      symptoms: ["guest-ping-dead"],
      fix: "auto",
    },
    heals: true,
    healedAs: "bridge-missing",
    fast: true,
  },
];
