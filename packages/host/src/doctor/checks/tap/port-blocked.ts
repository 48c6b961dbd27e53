import { auto, type Check, fail, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutPort, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

/** BR_STATE_*, linux/if_bridge.h */
const STATES = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
const FORWARDING = 3;
const OPER_UP = 6; // IF_OPER_UP, linux/if.h

const repair = (tap: string) => auto("Let the port forward.", `bridge link set dev ${tap} state 3`);

export const portBlocked: Check<VmSubject> = {
  code: "port-blocked",
  layer: "tap",
  title: "The TAP's bridge port forwards",
  dependsOn: ["bridge-down", "bridge-stp", "vmm-dead", "tap-down", "tap-not-held", ...NOT_THE_PLANNED_TAP],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "The TAP is UP with carrier and plugged in, ARP fails both ways, and the bridge is NO-CARRIER when no other port forwards.",
    cause:
      "Somebody set the port's state by hand; without STP the kernel keeps `disabled` until the port goes down and up. (With STP on, ports wait 30 s: that is the bridge's fault, see bridge-stp.)",
    evidence: "`bridge link show dev bv-0` says another state than `forwarding` while the TAP has LOWER_UP.",
    fix: repair("bv-0"),
  },
  judge: aboutPort((tap, { state }) => {
    const words = `port state ${state} (${STATES[state] ?? "unknown"})`;
    if (state === FORWARDING) return pass("netlink", `link ${tap.name}`, words);
    // Linkwatch tells the bridge of a new carrier up to a second later.
    const isSettled = tap.up && tap.carrier && (tap.operstate ?? OPER_UP) === OPER_UP;
    if (!isSettled)
      return skip("netlink", `link ${tap.name}`, `${words}, but the TAP has no settled carrier`);
    return fail(
      `The bridge port ${tap.name} is ${STATES[state] ?? `in state ${state}`} although it has carrier, so it passes nothing.`,
      [seen("netlink", `link ${tap.name}`, `carrier 1, ${words}`)],
      repair(tap.name),
    );
  }),
};
