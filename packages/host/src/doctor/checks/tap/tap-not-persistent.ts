import { type Check, fail, pass, restart } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutHeldTap, seenTap } from "./about-tap.ts";

const repair = restart("Delete the VM and start it anew through hostd, which makes the TAP before the VMM.");

export const tapNotPersistent: Check<VmSubject> = {
  code: "tap-not-persistent",
  layer: "tap",
  title: "The TAP was made before the VMM opened it",
  dependsOn: ["tap-replaced", "tap-wrong-kind"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "The VMM starts without an error, and there is no network at all: the TAP is DOWN, has no master, and vanishes with the VMM.",
    cause:
      "A privileged VMM that opens a name which does not exist silently makes a TAP of its own: not persistent, down, on no bridge. The name was misspelt, or the TAP was not there (yet).",
    evidence: "`ip -d link show bv-0` says `persist off` (tun_flags lacks 0x800).",
    fix: repair,
  },
  judge: aboutHeldTap((tap, subject) =>
    tap.tun?.persist
      ? pass("netlink", `link ${tap.name}`, "persist on")
      : fail(
          `${tap.name} is not persistent: the VMM made it itself, because it was not there when the VMM opened it.`,
          [seenTap(tap, subject)],
          repair,
        ),
  ),
};
