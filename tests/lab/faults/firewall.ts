import type { Fault } from "../fault.ts";

const chain = (family: string, hook: string, policy = "accept"): string[] => [
  `nft add table ${family} lab`,
  `nft 'add chain ${family} lab c { type filter hook ${hook}; policy ${policy}; }'`,
];
const rule = (family: string, words: string): string => `nft 'add rule ${family} lab c ${words}'`;
const gone = (family: string) => ({ host: [`nft delete table ${family} lab`] });

/** Every guest-bound or guest-sent IPv4 packet is dropped, ARP is not. */
export const FIREWALL_FAULTS: readonly Fault[] = [
  {
    name: "rules-flushed",
    story: "somebody runs `nft flush ruleset`, as many firewall scripts do",
    facts: "firecracker-facts 7.3, own table",
    inject: { host: ["nft flush ruleset"] },
    expect: { code: "rules-missing", fix: "auto" },
    heals: true,
    fast: true,
  },
  {
    name: "rules-edited",
    story: "a rule is added to our table by hand",
    facts: "firecracker-facts 7.3, generation",
    inject: { host: ["nft insert rule bridge browservm from_guest ether type ip counter drop"] },
    expect: { code: "rules-altered", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
  },
  {
    name: "vm-not-admitted",
    story: "the VM's element is deleted from our sets: all that it sends counts as spoofed",
    facts: "firecracker-facts 7.3, constant-rule sets",
    inject: { host: ["nft 'delete element bridge browservm guests { \"{tap}\" . {mac} . {ip} }'"] },
    expect: { code: "rules-element", symptoms: ["guest-ping-dead"], fix: "auto" },
    heals: true,
    fast: true,
  },
  {
    name: "input-drop",
    story: "a host firewall drops what comes from the bridge",
    facts: "network-facts 4a, INPUT -i fcbr0 DROP; FVN3005",
    inject: { host: [...chain("inet", "input priority 0"), rule("inet", "iifname {bridge} counter drop")] },
    undo: gone("inet"),
    expect: { code: "foreign-input-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    fast: true,
  },
  {
    name: "input-policy-drop",
    story:
      "a host firewall's input policy is drop, and it accepts nothing of the bridge (firewalld, own nftables.conf)",
    facts: "network-facts 4a, nft inet input policy drop",
    inject: { host: [...chain("inet", "input priority 0", "drop"), rule("inet", "iif lo accept")] },
    undo: gone("inet"),
    expect: { code: "foreign-input-drop", symptoms: ["guest-ping-dead"], fix: "command" },
  },
  {
    name: "input-drop-but-established",
    story: "ufw or a cloud image: answers pass, everything else from the bridge is dropped",
    facts: "network-facts 4a, same with ESTABLISHED accepted",
    inject: {
      host: [
        ...chain("inet", "input priority 0", "drop"),
        rule("inet", "iif lo accept"),
        rule("inet", "ct state established,related accept"),
      ],
    },
    undo: gone("inet"),
    expect: { code: "foreign-input-drop", symptoms: ["gateway-ping-dead"], fix: "command" },
  },
  {
    name: "iptables-input-drop",
    story: "an iptables rule (nft variant) drops what comes from the bridge",
    facts: "network-facts 4a, iptables INPUT DROP",
    inject: { host: ["iptables-nft -I INPUT -i {bridge} -j DROP"] },
    undo: { host: ["nft delete table ip filter"] },
    expect: { code: "foreign-input-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    needs: ["iptables-nft"],
  },
  {
    name: "legacy-input-drop",
    story: "an iptables rule of the legacy kind, which nft does not show, drops what comes from the bridge",
    facts: "network-facts 8, iptables-legacy",
    inject: { host: ["iptables-legacy -I INPUT -i {bridge} -j DROP"] },
    undo: { host: ["iptables-legacy -F INPUT"] },
    expect: { code: "legacy-iptables-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    needs: ["iptables-legacy"],
  },
  {
    name: "legacy-raw-drop",
    story: "the same in the raw table, before everything else",
    facts: "network-facts 4a, raw PREROUTING DROP",
    inject: { host: ["iptables-legacy -t raw -I PREROUTING -i {bridge} -j DROP"] },
    undo: { host: ["iptables-legacy -t raw -F PREROUTING"] },
    expect: { code: "legacy-iptables-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    needs: ["iptables-legacy"],
  },
  {
    name: "raw-drop",
    story: "a rule in prerouting, before connection tracking, drops what comes from the bridge",
    facts: "network-facts 4a, raw PREROUTING DROP",
    inject: {
      host: [...chain("ip", "prerouting priority raw"), rule("ip", "iifname {bridge} counter drop")],
    },
    undo: gone("ip"),
    expect: { code: "foreign-raw-drop", symptoms: ["guest-ping-dead", "gateway-tcp-dead"], fix: "command" },
  },
  {
    name: "mangle-drop",
    story: "a mangle rule drops what comes from the bridge",
    facts: "network-facts 4a, PREROUTING DROP",
    inject: {
      host: [...chain("ip", "prerouting priority mangle"), rule("ip", "iifname {bridge} counter drop")],
    },
    undo: gone("ip"),
    expect: { code: "foreign-raw-drop", symptoms: ["guest-ping-dead"], fix: "command" },
  },
  {
    name: "output-drop",
    story: "a rule drops what this host sends to the bridge: sendto() answers EPERM",
    facts: "network-facts 4a, OUTPUT -o fcbr0 DROP",
    inject: { host: [...chain("inet", "output priority 0"), rule("inet", "oifname {bridge} counter drop")] },
    undo: gone("inet"),
    expect: { code: "foreign-output-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    fast: true,
  },
  {
    name: "bridge-input-drop",
    story: "ebtables, or nft's bridge family, drops IP that comes up from the bridge",
    facts: "network-facts 4a, ebtables / nft bridge input DROP ip",
    inject: { host: [...chain("bridge", "input priority 0"), rule("bridge", "ether type ip counter drop")] },
    undo: gone("bridge"),
    expect: { code: "foreign-bridge-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    fast: true,
  },
  {
    name: "bridge-output-drop",
    story: "the same for what goes down to the bridge",
    facts: "network-facts 4a, nft bridge output DROP",
    inject: { host: [...chain("bridge", "output priority 0"), rule("bridge", "ether type ip counter drop")] },
    undo: gone("bridge"),
    expect: { code: "foreign-bridge-drop", symptoms: ["guest-ping-dead"], fix: "command" },
  },
  {
    name: "ebtables-drop",
    story: "an ebtables rule drops IP on its way up",
    facts: "network-facts 4a, ebtables",
    inject: { host: ["ebtables-nft -I INPUT -p ip -j DROP"] },
    undo: { host: ["nft delete table bridge filter"] },
    expect: { code: "foreign-bridge-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    needs: ["ebtables-nft"],
  },
  {
    name: "netdev-tap-drop",
    story: "a rule on the TAP itself drops what the guest sends",
    facts: "network-facts 4a, nft netdev ingress on TAP",
    inject: {
      host: [
        ...chain("netdev", "ingress device {tap} priority 0"),
        rule("netdev", "ip version 4 counter drop"),
      ],
    },
    undo: gone("netdev"),
    expect: { code: "foreign-netdev-drop", symptoms: ["guest-ping-dead"], fix: "command" },
    fast: true,
  },
  {
    name: "netdev-tap-egress-drop",
    story: "a rule on the TAP drops what is sent to the guest",
    facts: "network-facts 4a, netdev egress",
    inject: {
      host: [
        ...chain("netdev", "egress device {tap} priority 0"),
        rule("netdev", "ip version 4 counter drop"),
      ],
    },
    undo: gone("netdev"),
    expect: { code: "foreign-netdev-drop", symptoms: ["guest-ping-dead"], fix: "command" },
  },
  {
    name: "netdev-bridge-drop",
    story: "a rule on the bridge's own link drops what guests send to the host",
    facts: "network-facts 4a, netdev",
    inject: {
      host: [
        ...chain("netdev", "ingress device {bridge} priority 0"),
        rule("netdev", "ip version 4 counter drop"),
      ],
    },
    undo: gone("netdev"),
    expect: { code: "foreign-netdev-drop", symptoms: ["guest-ping-dead"], fix: "command" },
  },
  {
    name: "arp-drop",
    story: "nft's arp family drops ARP",
    facts: "network-facts 4c, arptables / nft arp drop",
    inject: { host: [...chain("arp", "input priority 0"), rule("arp", "iifname {bridge} counter drop")] },
    undo: gone("arp"),
    expect: { code: "foreign-arp-drop", fix: "command" },
    fast: true,
  },
  {
    name: "arptables-drop",
    story: "an arptables rule drops ARP",
    facts: "network-facts 4c, arptables",
    inject: { host: ["arptables-nft -I INPUT -i {bridge} -j DROP"] },
    undo: { host: ["nft delete table arp filter"] },
    expect: { code: "foreign-arp-drop", fix: "command" },
    needs: ["arptables-nft"],
  },
  {
    name: "bridge-netfilter-drop",
    story: "Docker loaded br_netfilter and FORWARD drops: frames between ports go through the IP firewall",
    facts: "network-facts 4d, FORWARD DROP with bridge-nf-call-iptables=1; FVN3007",
    inject: {
      host: ["sysctl -qw net.bridge.bridge-nf-call-iptables=1", ...chain("ip", "forward priority 0", "drop")],
    },
    undo: { host: ["nft delete table ip lab", "sysctl -qw net.bridge.bridge-nf-call-iptables=0"] },
    expect: { code: "bridge-netfilter", also: ["network-settings"], fix: "auto" },
    heals: true,
  },
  {
    name: "rate-limited-ping",
    story: "a firewall lets one packet in a hundred seconds through and drops the others",
    facts: "network-facts 4a, a rule that may drop",
    inject: {
      host: [
        ...chain("inet", "input priority 0"),
        rule("inet", "iifname {bridge} limit rate over 1/minute burst 1 packets counter drop"),
      ],
    },
    undo: gone("inet"),
    expect: { code: "foreign-input-drop", fix: "command" },
  },
  {
    name: "guest-spoofs",
    story: "the guest sends from an address that is not its own",
    facts: "firecracker-facts 7.3 and FVN3010",
    inject: {
      guest: [
        "ip addr add 192.0.2.7/32 dev eth0",
        "ping -q -i 0.02 -w 12 -I 192.0.2.7 {gateway} >/dev/null 2>&1 &",
      ],
    },
    undo: { guest: ["ip addr del 192.0.2.7/32 dev eth0"] },
    expect: { code: "guest-spoofs", verdict: "warn", fix: "manual" },
  },
];
