import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutPort, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

const repair = (tap: string) =>
  auto("Isolate the port from the other guests.", `bridge link set dev ${tap} isolated on`);

export const portNotIsolated: Check<VmSubject> = {
  code: "port-not-isolated",
  layer: "tap",
  title: "The TAP's bridge port is isolated from other guests",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: [],
  explanation: {
    symptom: "None: everything works. But one of two walls between this guest and the others is gone.",
    cause:
      "A port forgets its settings when it leaves the bridge; whoever plugged it in again by hand did not isolate it. Our forward rules still drop frames between guests.",
    evidence: "`bridge -d link show dev bv-0` says `isolated off`.",
    fix: repair("bv-0"),
  },
  judge: aboutPort((tap, { isolated }) =>
    isolated
      ? pass("netlink", `link ${tap.name}`, "isolated on")
      : fail(
          `The bridge port ${tap.name} is not isolated: other guests are one firewall rule away.`,
          [seen("netlink", `link ${tap.name}`, "isolated off")],
          repair(tap.name),
        ),
  ),
};
