import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";

const repair = (bridge: string, mac: string, address: string) =>
  auto(
    "Make the bridge as planned, and plug every TAP into it again.",
    `ip link add ${bridge} address ${mac} type bridge`,
    `ip address add ${address} dev ${bridge}`,
    `ip link set ${bridge} up`,
    `ip link set TAP master ${bridge}`,
    "bridge link set dev TAP isolated on",
  );

export const bridgeMissing: Check<HostSight> = {
  code: "bridge-missing",
  layer: "bridge",
  title: "The bridge exists",
  dependsOn: [],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "Every guest is gone at once. The TAPs stay UP with carrier, but have no master; the host has neither the gateway's address nor a route to the guests.",
    cause:
      "The bridge was deleted. The kernel then silently takes its ports out, and making a bridge of the same name brings none of them back.",
    evidence: "`ip link show fcbr0` says that the device does not exist.",
    fix: repair("fcbr0", "MAC", "192.168.100.1/24"),
  },
  judge({ bridge, plan }) {
    if (bridge) return pass("netlink", `link ${plan.bridge}`, `ifindex ${bridge.index}`);
    return fail(
      `There is no bridge ${plan.bridge}.`,
      [seen("netlink", `link ${plan.bridge}`, "no such link")],
      repair(plan.bridge, plan.bridgeMac, `${plan.gateway}/${plan.prefix}`),
    );
  },
};
