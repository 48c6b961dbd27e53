import { type Check, command, fail, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { seenBridge } from "./about-bridge.ts";

const remove = (bridge: string) =>
  command(
    "Delete that link, or give hostd another name (`network.bridge`); hostd then makes its bridge.",
    "whoever made that link loses it",
    `ip link delete ${bridge}`,
  );

export const bridgeWrongKind: Check<HostSight> = {
  code: "bridge-wrong-kind",
  layer: "bridge",
  title: "What has the bridge's name is a bridge",
  dependsOn: [],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom: "No VM can be plugged in, although `ip link` shows a link of the bridge's name.",
    cause: "Another program made a link of that name, of another kind: a dummy, a veth, a bond, an OVS port.",
    evidence: "`ip -d link show fcbr0` says another kind than `bridge`.",
    fix: remove("fcbr0"),
  },
  judge(host) {
    const { bridge, plan } = host;
    if (!bridge) return skip("netlink", `link ${plan.bridge}`, "there is no such link");
    if (bridge.kind === "bridge") return pass("netlink", `link ${plan.bridge}`, "kind bridge");
    return fail(
      `${plan.bridge} is not a bridge but ${bridge.kind === "" ? "a plain device" : `a link of kind ${bridge.kind}`}.`,
      [seenBridge(bridge, host), seen("config", "network.bridge", plan.bridge)],
      remove(plan.bridge),
    );
  },
};
