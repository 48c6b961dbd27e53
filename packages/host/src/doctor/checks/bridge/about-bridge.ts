import type { LinkFacts } from "../../../net/facts.ts";
import { type Judgement, type Seen, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { describeLink } from "../tap/find-tap.ts";

/** Judges the bridge; that there is none, or that something else has its name, is another check's finding. */
export const aboutBridge =
  (judge: (bridge: LinkFacts, host: HostSight) => Judgement) =>
  (host: HostSight): Judgement => {
    const { bridge, plan } = host;
    if (!bridge) return skip("netlink", `link ${plan.bridge}`, "there is no such link");
    if (bridge.kind !== "bridge") return skip("netlink", `link ${plan.bridge}`, "it is no bridge");
    return judge(bridge, host);
  };

/** What was read of the bridge, for the evidence. */
export const seenBridge = (bridge: LinkFacts, { links }: HostSight): Seen =>
  seen("netlink", `link ${bridge.name}`, describeLink(bridge, links));

/** The links that are plugged into the bridge. */
export const portsOf = (bridge: LinkFacts, { links }: HostSight): readonly LinkFacts[] =>
  links.filter(({ master }) => master === bridge.index);
