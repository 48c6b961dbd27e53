import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutPort, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

const repair = (tap: string) =>
  auto("Let the port learn, and be flooded.", `bridge link set dev ${tap} flood on learning on`);

export const portFloodOff: Check<VmSubject> = {
  code: "port-flood-off",
  layer: "tap",
  title: "The bridge knows, or finds, the guest behind its port",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "The host resolves the guest, but the guest cannot resolve the gateway, and ping is dead: broadcasts reach the guest, packets to its MAC do not. The bridge's tx_packets rise far more than the TAP's.",
    cause:
      "The port neither learns MACs nor is flooded with packets to unknown ones, and the forwarding table does not have the guest. One of the two alone does no harm.",
    evidence:
      "`bridge -d link show dev bv-0` says `learning off flood off`, and `bridge fdb show brport bv-0` lacks the guest's MAC.",
    fix: repair("bv-0"),
  },
  judge: aboutPort((tap, { flood, learning }, { host, vm }) => {
    const words = `flood ${flood ? "on" : "off"} learning ${learning ? "on" : "off"}`;
    if (flood || learning) return pass("netlink", `link ${tap.name}`, words);
    const known = host.fdb.some(({ mac, ifindex }) => mac === vm.address.mac && ifindex === tap.index);
    if (known) return pass("netlink", `link ${tap.name}`, `${words}, but the forwarding table has the guest`);
    return fail(
      `The bridge port ${tap.name} neither learns nor is flooded, and nothing says that ${vm.address.mac} is behind it.`,
      [
        seen("netlink", `link ${tap.name}`, words),
        seen("netlink", `forwarding table of ${tap.name}`, `no ${vm.address.mac}`),
      ],
      repair(tap.name),
    );
  }),
};
