import { type Check, manual, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHeldTap } from "./about-tap.ts";

const advice = manual(
  "Nothing needs to be done for reachability. For speed, start the VMM with virtio headers (QEMU: `vnet_hdr=on`). How the TAP was created does not matter: the VMM's own opening decides.",
);

export const tapNoVnetHdr: Check<VmSubject> = {
  code: "tap-no-vnet-hdr",
  layer: "tap",
  title: "The VMM opened the TAP with virtio headers",
  dependsOn: ["tap-not-held", "tap-held-by-other", "tap-replaced"],
  breaks: [],
  explanation: {
    symptom:
      "Usually none but ten times as many packets for the same bytes. Only if the VMM also promised the guest checksum offload: ping works, TCP and UDP are dead, and InCsumErrors rise (see checksum-lost). It never makes ARP work and ping fail: echo requests are never offloaded.",
    cause:
      "The VMM asked for the TAP without IFF_VNET_HDR. Each opener's flags replace those that the TAP was created with, so a TAP that nobody holds may say vnet_hdr off and be perfect.",
    evidence:
      "`ip -d link show bv-0` says `vnet_hdr off` while the TAP has LOWER_UP, that is, while it is held.",
    fix: advice,
  },
  judge: aboutHeldTap((tap) => {
    const words = `vnet_hdr ${tap.tun?.vnetHdr ? "on" : "off"}`;
    if (tap.tun?.vnetHdr) return pass("netlink", `link ${tap.name}`, words);
    if (!tap.carrier)
      return pass("netlink", `link ${tap.name}`, `${words}, and nobody holds it: says nothing`);
    return warn(
      `The VMM opened ${tap.name} without virtio headers; that makes it slower, not unreachable.`,
      [seen("netlink", `link ${tap.name}`, `${words}, carrier 1`)],
      advice,
    );
  }),
};
