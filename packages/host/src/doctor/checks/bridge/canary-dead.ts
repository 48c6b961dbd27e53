import { CANARY_PORT } from "../../../net/names.ts";
import { isPlugged } from "../../../net/plan.ts";
import { auto, type Check, pass, seen, skip, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { describeLink } from "../tap/find-tap.ts";

const repair = auto("Start the canary anew; hostd does it, for it lives in a namespace of its own.");

export const canaryDead: Check<HostSight> = {
  code: "canary-dead",
  layer: "bridge",
  title: "The canary listens on its bridge port",
  dependsOn: ["bridge-missing", "bridge-wrong-kind"],
  breaks: [],
  explanation: {
    symptom:
      "Nothing for the guests. But the proof that they cannot reach each other rests on a neighbour that they must not reach, and a dead neighbour proves nothing.",
    cause: "The canary's process has ended, or its port is gone, unplugged or no more isolated.",
    evidence:
      "`bridge -d link show dev bvm-canary` shows no isolated port of the bridge, or nobody listens behind it.",
    fix: repair,
  },
  judge({ canary, target, links, bridge, plan }) {
    if (!target.canary) return skip("config", "canary", "the range has no room for one");
    if (!bridge) return skip("netlink", `link ${plan.bridge}`, "there is no bridge that it could be on");
    const port = links.find(({ name }) => name === CANARY_PORT);
    const evidence = [
      seen("procfs", "the canary's process", canary.alive ? "alive" : "gone"),
      seen("netlink", `link ${CANARY_PORT}`, port ? describeLink(port, links) : "no such link"),
    ];
    if (!canary.alive) return warn("The canary's process has ended.", evidence, repair);
    if (!port) return warn(`The canary's port ${CANARY_PORT} is gone.`, evidence, repair);
    if (!isPlugged(port, bridge, plan.mtu))
      return warn(
        `The canary's port ${CANARY_PORT} is not an isolated port of ${plan.bridge}, up, with its MTU.`,
        evidence,
        repair,
      );
    return pass("netlink", `link ${CANARY_PORT}`, "plugged, isolated, up");
  },
};
