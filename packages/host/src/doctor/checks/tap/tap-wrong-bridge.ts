import { auto, type Check, fail, pass } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutTap, NOT_THE_PLANNED_TAP, seenTap } from "./about-tap.ts";
import { strayNeighbours } from "./stray-neighbours.ts";

const repair = (tap: string, bridge: string) =>
  auto("Plug the TAP into the right bridge.", `ip link set ${tap} master ${bridge}`);

export const tapWrongBridge: Check<VmSubject> = {
  code: "tap-wrong-bridge",
  layer: "tap",
  title: "The TAP is plugged into no other bridge",
  dependsOn: ["bridge-missing", "bridge-wrong-kind", ...NOT_THE_PLANNED_TAP],
  breaks: ["carrier", ...WHOLE_PATH],
  explanation: {
    symptom:
      "As with a TAP that is on no bridge: carrier is up, ARP may resolve, ping and TCP are dead both ways.",
    cause: "A script or a network manager plugged the TAP into another bridge (docker0, virbr0, br0).",
    evidence: "`ip link show bv-0` names another master than the bridge of the VMs.",
    fix: repair("bv-0", "fcbr0"),
  },
  judge: aboutTap((tap, subject) => {
    const { plan, bridge, links } = subject.host;
    if (tap.master === 0 || tap.master === bridge?.index)
      return pass("netlink", `link ${tap.name}`, tap.master === 0 ? "no master" : `master ${plan.bridge}`);
    const other = links.find(({ index }) => index === tap.master)?.name ?? `ifindex ${tap.master}`;
    return fail(
      `${tap.name} is plugged into ${other}, not into ${plan.bridge}.`,
      [seenTap(tap, subject), ...strayNeighbours(tap, subject)],
      repair(tap.name, plan.bridge),
    );
  }),
};
