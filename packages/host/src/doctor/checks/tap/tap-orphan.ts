import { auto, type Check, fail, pass } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutTap, NOT_THE_PLANNED_TAP, seenTap } from "./about-tap.ts";
import { strayNeighbours } from "./stray-neighbours.ts";

const repair = (tap: string, bridge: string) =>
  auto("Plug the TAP into the bridge again.", `ip link set ${tap} master ${bridge}`);

export const tapOrphan: Check<VmSubject> = {
  code: "tap-orphan",
  layer: "tap",
  title: "The TAP is plugged into a bridge",
  dependsOn: ["bridge-missing", "bridge-wrong-kind", ...NOT_THE_PLANNED_TAP],
  breaks: ["carrier", ...WHOLE_PATH],
  explanation: {
    symptom:
      "The TAP is UP with carrier, the guest's ARP for the gateway may even resolve, and yet ping is dead both ways: the host says Destination Host Unreachable, TCP No route to host. With no other live port the bridge is NO-CARRIER. It worked, and from one moment to the next it did not.",
    cause:
      "The TAP has lost its master: somebody took it out, or the bridge was deleted and made again, which silently leaves every running TAP behind. ARP may still work because Linux answers for its addresses on any link (arp_ignore=0, rp_filter=0), so with the TAP's own MAC.",
    evidence:
      "`ip link show bv-0` names no master. Also: the guest's address is a neighbour on the TAP, not on the bridge; and the gateway's MAC in the guest is the TAP's, not the bridge's.",
    fix: repair("bv-0", "fcbr0"),
  },
  judge: aboutTap((tap, subject) => {
    if (tap.master !== 0) return pass("netlink", `link ${tap.name}`, `master ifindex ${tap.master}`);
    const { bridge } = subject.host.plan;
    return fail(
      `${tap.name} is plugged into no bridge; it must be a port of ${bridge}.`,
      [seenTap(tap, subject), ...strayNeighbours(tap, subject)],
      repair(tap.name, bridge),
    );
  }),
};
