import type { Fault } from "../fault.ts";

export const HOST_FAULTS: readonly Fault[] = [
  {
    name: "rp-filter-off",
    story:
      "somebody disables rp_filter, as many guides advise: nothing breaks, but faults become hard to see",
    facts: "network-facts 0.1, rp_filter=0 made the fault harder to see",
    inject: { host: ["sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{bridge}.rp_filter=0"] },
    undo: { host: ["sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.{bridge}.rp_filter=1"] },
    expect: { code: "network-settings", fix: "auto" },
    heals: true,
  },
  {
    name: "proxy-arp-on",
    story: "proxy_arp is switched on: the host answers for every address",
    facts: "network-facts 0.1 and 5.5",
    inject: { host: ["sysctl -qw net.ipv4.conf.{bridge}.proxy_arp=1"] },
    undo: { host: ["sysctl -qw net.ipv4.conf.{bridge}.proxy_arp=0"] },
    expect: { code: "network-settings", fix: "auto" },
    heals: true,
  },
  {
    name: "tap-left-over",
    story: "a TAP of a VM that hostd does not know is on the bridge (ignite, vmsan and others leave such)",
    facts: "firecracker-facts 4.5, FVN5004; network-facts 5.3, zombie TAPs",
    inject: { host: ["ip tuntap add bv-200 mode tap", "ip link set bv-200 group 25206 master {bridge} up"] },
    undo: { host: ["ip link del bv-200"] },
    expect: { code: "leftovers", verdict: "warn", fix: "auto" },
  },
  {
    name: "another-link-manager",
    story: "NetworkManager runs in the network namespace of the VMs",
    facts: "firecracker-facts 4.5, FVN5006",
    inject: {
      host: [
        "cp $(command -v sleep) {runDir}/NetworkManager",
        "{runDir}/NetworkManager 120 >/dev/null 2>&1 & echo $! > {runDir}/lab.pid",
      ],
    },
    undo: { host: ["kill $(cat {runDir}/lab.pid)"] },
    expect: { code: "link-manager", verdict: "warn", fix: "command" },
  },
];
