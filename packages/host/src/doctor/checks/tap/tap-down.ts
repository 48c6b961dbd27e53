import { auto, type Check, fail, pass } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutTap, NOT_THE_PLANNED_TAP, seenTap } from "./about-tap.ts";

const repair = (tap: string) => auto("Set the TAP up.", `ip link set ${tap} up`);

export const tapDown: Check<VmSubject> = {
  code: "tap-down",
  layer: "tap",
  title: "The TAP is up",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      'ARP fails both ways. The VMM logs "Failed to write to tap", code 5 (EIO), and the TAP\'s rx_dropped rise.',
    cause: "Somebody set the TAP down: a network manager, a clean-up script, or a hand.",
    evidence: "`ip link show bv-0` lacks UP between its angle brackets.",
    fix: repair("bv-0"),
  },
  judge: aboutTap((tap, subject) =>
    tap.up
      ? pass("netlink", `link ${tap.name}`, "UP")
      : fail(`${tap.name} is down.`, [seenTap(tap, subject)], repair(tap.name)),
  ),
};
