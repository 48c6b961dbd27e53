/** One question that operators of bridged microVMs ask, its short answer, and where the long one is. */
interface Question {
  readonly asked: string;
  readonly answer: string;
  /** Codes of the checks that name the cause. */
  readonly codes: readonly string[];
}

/** From two field reports of failing hosts; the answers were measured (the laboratory plays each of them). */
export const SIX_QUESTIONS: readonly Question[] = [
  {
    asked: "Why is the bridge NO-CARRIER although its TAPs are attached and UP?",
    answer:
      "Because no port forwards. A TAP has carrier only while a process holds it, so TAPs of dead VMMs give none; the one live TAP is not on this bridge, was deleted and made again under its VMM, or STP still listens. UP is not carrier.",
    codes: ["bridge-no-carrier", "vmm-dead", "tap-not-held", "tap-replaced", "tap-orphan", "bridge-stp"],
  },
  {
    asked: "ARP works and IP does not: which layer is it?",
    answer:
      "In order of probability: the host sends IP elsewhere (a TAP off its bridge, a /32 route by the TAP, an overlapping range), a firewall (ARP passes by iptables), a filter on bridge or TAP, a neighbour entry set by hand. It is never vnet_hdr: a lost header lets ping pass and kills TCP, a header of the wrong size kills ARP, too.",
    codes: [
      "tap-orphan",
      "route-stolen",
      "route-overlap",
      "foreign-input-drop",
      "foreign-bridge-drop",
      "neighbour-permanent",
      "checksum-lost",
      "vnet-header-size",
    ],
  },
  {
    asked: "Why did it work once and not two minutes later?",
    answer:
      "Because the bridge was made again (running TAPs silently lose it), an address or MAC belongs to two machines, a route was added while somebody looked for the fault, or the bridge's MAC moved when another VM came or went.",
    codes: [
      "tap-orphan",
      "address-duplicate",
      "neighbour-wrong",
      "route-stolen",
      "bridge-mac",
      "bridge-mac-unpinned",
    ],
  },
  {
    asked: "How must a TAP be made?",
    answer:
      "Single-queue, persistent, owned by the VMM's uid, plugged in and set up in one go before the VMM starts; vnet_hdr does not matter, for the opener's flags replace it. The bridge is made once, with a MAC of its own and without STP, and is never made again while ports exist.",
    codes: [
      "tap-wrong-kind",
      "tap-not-persistent",
      "tap-owner",
      "tap-no-vnet-hdr",
      "bridge-mac-unpinned",
      "bridge-stp",
    ],
  },
  {
    asked: "Does a bridged TAP need an IP address?",
    answer:
      "Never. It adds a connected route on a port of the bridge, and then the order of routes decides whether anything works. No /32 routes by the TAP and no proxy_arp either.",
    codes: ["tap-address", "route-stolen", "route-overlap", "network-settings"],
  },
  {
    asked: "Is a kernel module missing?",
    answer:
      "No. tun and bridge are all that is needed. `bridge-nf-call-iptables` exists only with br_netfilter and should be 0. In the guest, `ip=` on the command line is ignored by kernels without CONFIG_IP_PNP.",
    codes: ["bridge-netfilter", "guest-address-missing"],
  },
];
