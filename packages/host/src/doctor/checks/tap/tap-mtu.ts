import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutTap, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

const repair = (tap: string, mtu: number) =>
  auto("Give the TAP the MTU of the plan.", `ip link set ${tap} mtu ${mtu}`);

export const tapMtu: Check<VmSubject> = {
  code: "tap-mtu",
  layer: "tap",
  title: "The TAP has the planned MTU",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: ["large-packets"],
  explanation: {
    symptom:
      "Ping and most TCP work; full-size packets to the guest are refused on the host (the bridge follows its port with the smallest MTU, so for every VM), or vanish without a word when the bridge's own MTU is fixed. From the guest to the host all sizes pass.",
    cause: "Somebody gave the TAP a smaller MTU than the guest and the other ports have.",
    evidence: "`ip link show bv-0` says another `mtu` than the plan. (A larger one does no harm.)",
    fix: repair("bv-0", 1500),
  },
  judge: aboutTap((tap, { host: { plan, bridge } }) => {
    if (tap.mtu === plan.mtu) return pass("netlink", `link ${tap.name}`, `mtu ${tap.mtu}`);
    const fix = repair(tap.name, plan.mtu);
    const evidence = [
      seen("netlink", `link ${tap.name}`, `mtu ${tap.mtu}`),
      ...(bridge ? [seen("netlink", `link ${bridge.name}`, `mtu ${bridge.mtu}`)] : []),
    ];
    if (tap.mtu > plan.mtu)
      return warn(`${tap.name} has MTU ${tap.mtu}, more than the planned ${plan.mtu}.`, evidence, fix);
    return fail(
      `${tap.name} has MTU ${tap.mtu}, not ${plan.mtu}: larger packets do not pass.`,
      evidence,
      fix,
    );
  }),
};
