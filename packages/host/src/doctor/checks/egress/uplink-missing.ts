import { type Check, command, fail, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const up = (link: string) =>
  command(
    "Set the link up; if it is gone, start BrowserVM again (`browservm up` makes it).",
    "none",
    `ip link set ${link} up`,
  );

export const uplinkMissing: Check<HostSight> = {
  code: "uplink-missing",
  layer: "egress",
  title: "The uplink is there, up, and has carrier",
  dependsOn: [],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "Guests reach their gateway and nothing beyond it: Network is unreachable, or no answer.",
    cause: "The link by which guests go out is gone, down, or its other end is.",
    evidence: "`ip link show` of the uplink.",
    fix: up("uplink0"),
  },
  judge: ({ uplink, links }) => {
    if (!uplink) return skip("config", "uplink", "guests have no way out");
    const link = links.find(({ name }) => name === uplink.link);
    const where = `link ${uplink.link}`;
    if (!link)
      return fail(
        `The uplink ${uplink.link} does not exist.`,
        [seen("netlink", where, "no such link")],
        up(uplink.link),
      );
    const words = `${link.up ? "up" : "down"}, ${link.carrier ? "carrier" : "no carrier"}`;
    if (link.up && link.carrier) return pass("netlink", where, words);
    return fail(
      link.up ? `The uplink ${link.name} has no carrier.` : `The uplink ${link.name} is down.`,
      [seen("netlink", where, words)],
      up(link.name),
    );
  },
};
