import type { Harmless } from "./fault.ts";

/** network-facts.md 4e and its relatives: a doctor that fails on one of these cries wolf. */
export const HARMLESS: readonly Harmless[] = [
  {
    name: "tap-made-without-header",
    story: "the TAP was created without vnet_hdr: the opener's flags replace it",
    inject: {
      act: {
        words: "the TAP is made again plain, and the VMM opens it",
        run: (stage) => stage.replaceTap("ip tuntap add {tap} mode tap user {uid} group {uid}"),
      },
      host: ["ip link set {tap} mtu {mtu} master {bridge} up", "bridge link set dev {tap} isolated on"],
    },
  },
  {
    name: "tap-offload-off",
    story: "ethtool switches offloads off",
    inject: { host: ["ethtool -K {tap} tx off tso off"] },
    undo: { host: ["ethtool -K {tap} tx on tso on"] },
    needs: ["ethtool"],
  },
  {
    name: "proxy-arp-on-tap",
    story: "proxy_arp on an enslaved TAP",
    inject: { host: ["sysctl -qw net.ipv4.conf.{tap}.proxy_arp=1"] },
    undo: { host: ["sysctl -qw net.ipv4.conf.{tap}.proxy_arp=0"] },
  },
  {
    name: "arp-announce",
    story: "arp_announce=2, and arp_ignore=2 on the TAP",
    inject: { host: ["sysctl -qw net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.{tap}.arp_ignore=2"] },
    undo: { host: ["sysctl -qw net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.{tap}.arp_ignore=1"] },
  },
  {
    name: "learning-off",
    story: "learning is off on the port: the bridge floods",
    inject: { host: ["bridge link set dev {tap} learning off"] },
    undo: { host: ["bridge link set dev {tap} learning on"] },
  },
  {
    name: "broadcast-flood-off",
    story: "broadcasts are not flooded to the port",
    inject: { host: ["ip link set {tap} type bridge_slave bcast_flood off"] },
    undo: { host: ["ip link set {tap} type bridge_slave bcast_flood on"] },
    mayWarn: ["port-flood-off"],
  },
  {
    name: "forwarding-table-flushed",
    story: "the bridge's forwarding table is flushed",
    inject: { host: ["ip link set {bridge} type bridge fdb_flush"] },
  },
  {
    name: "gateway-on-loopback",
    story: "the gateway's address is also on lo",
    inject: { host: ["ip addr add {gateway}/32 dev lo"] },
    undo: { host: ["ip addr del {gateway}/32 dev lo"] },
  },
  {
    name: "guest-asleep",
    story: "the guest was silent so long that all neighbour entries are gone",
    inject: { host: ["ip neigh flush all"], guest: ["ip neigh flush all"] },
  },
  {
    name: "foreign-table-that-accepts",
    story: "another program has tables that accept everything",
    inject: {
      host: [
        "nft add table inet lab",
        "nft 'add chain inet lab c { type filter hook input priority 0; policy accept; }'",
        "nft 'add rule inet lab c counter accept'",
        "nft 'add chain inet lab f { type filter hook forward priority 0; policy accept; }'",
      ],
    },
    undo: { host: ["nft delete table inet lab"] },
  },
  {
    name: "foreign-drop-elsewhere",
    story: "another program drops packets of another link, another port, another network",
    inject: {
      host: [
        "nft add table inet lab",
        "nft 'add chain inet lab c { type filter hook input priority 0; policy accept; }'",
        "nft 'add rule inet lab c iifname eth7 counter drop'",
        "nft 'add rule inet lab c ip saddr 198.51.100.0/24 counter drop'",
        "nft 'add rule inet lab c tcp dport 25 counter drop'",
      ],
    },
    undo: { host: ["nft delete table inet lab"] },
    mayWarn: ["foreign-rule-suspect"],
  },
  {
    name: "forward-drop-without-uplink",
    story: "FORWARD drops where no guest goes out anyway",
    inject: {
      host: [
        "nft add table ip lab",
        "nft 'add chain ip lab c { type filter hook forward priority 0; policy drop; }'",
      ],
    },
    undo: { host: ["nft delete table ip lab"] },
    mayWarn: ["foreign-forward-drop", "foreign-rule-suspect"],
  },
  {
    name: "another-bridge",
    story: "Docker's bridge with its own range is here, too",
    inject: {
      host: [
        "ip link add docker0 type bridge",
        "ip addr add 172.17.0.1/16 dev docker0",
        "ip link set docker0 up",
      ],
    },
    undo: { host: ["ip link del docker0"] },
  },
  {
    name: "stranger-port",
    story: "a stranger's idle port is on the bridge",
    inject: { host: ["ip link add lab0 type veth peer name lab1", "ip link set lab0 master {bridge}"] },
    undo: { host: ["ip link del lab0"] },
    mayWarn: ["port-not-isolated"],
  },
  {
    name: "another-vm-frozen",
    story: "another VM's VMM is stopped: this VM is well",
    inject: { host: ["kill -STOP {otherPid}"] },
    undo: { host: ["kill -CONT {otherPid}"] },
  },
  {
    name: "another-vm-unplugged",
    story: "another VM's TAP is off the bridge: this VM is well",
    inject: { host: ["ip link set {otherTap} nomaster"] },
    undo: { host: ["ip link set {otherTap} master {bridge}", "bridge link set dev {otherTap} isolated on"] },
  },
  {
    name: "guest-second-address",
    story: "the guest has a second address on its loopback, as containers in it would",
    inject: { guest: ["ip addr add 172.18.0.1/16 dev lo"] },
    undo: { guest: ["ip addr del 172.18.0.1/16 dev lo"] },
  },
  {
    name: "guest-firewall-accepts",
    story: "the guest's firewall drops what nobody sends here",
    inject: {
      guest: [
        "nft add table inet lab",
        "nft 'add chain inet lab c { type filter hook input priority 0; policy accept; }'",
        "nft 'add rule inet lab c tcp dport 25 counter drop'",
      ],
    },
    undo: { guest: ["nft delete table inet lab"] },
    mayWarn: ["guest-firewall"],
  },
  {
    name: "ipv6-off",
    story: "IPv6 is off everywhere",
    inject: { host: ["sysctl -qw net.ipv6.conf.all.disable_ipv6=1"] },
  },
  {
    name: "busy-guest",
    story: "the guest pings its gateway a hundred times a second",
    inject: { guest: ["ping -q -i 0.01 -w 4 {gateway} >/dev/null 2>&1 &"] },
  },
  {
    name: "fair-queueing",
    story: "the TAP has another queueing discipline",
    inject: { host: ["tc qdisc replace dev {tap} root fq_codel || tc qdisc replace dev {tap} root pfifo"] },
    undo: { host: ["tc qdisc del dev {tap} root"] },
    needs: ["tc"],
  },
];
