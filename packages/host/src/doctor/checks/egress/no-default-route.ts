import { type Check, command, fail, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const MAIN_TABLE = 254; // RT_TABLE_MAIN, linux/rtnetlink.h

const add = (link: string, gateway: string) =>
  command("Add it.", "none", `ip route add default via ${gateway} dev ${link}`);

export const noDefaultRoute: Check<HostSight> = {
  code: "no-default-route",
  layer: "egress",
  title: "A default route leads out by the uplink",
  dependsOn: ["uplink-missing"],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "Guests reach their gateway, which answers Destination Net Unreachable for everything else.",
    cause:
      "The namespace of the bridge has no default route by the uplink: deleted, or lost when the link went down.",
    evidence: "`ip route show default`.",
    fix: add("uplink0", "GATEWAY"),
  },
  judge: ({ uplink, links, routes }) => {
    if (!uplink) return skip("config", "uplink", "guests have no way out");
    const name = (ifindex: number) =>
      links.find(({ index }) => index === ifindex)?.name ?? `ifindex ${ifindex}`;
    const defaults = routes.filter(({ prefix, table }) => prefix === 0 && table === MAIN_TABLE);
    const words =
      defaults
        .map(({ ifindex, gateway }) => `default via ${gateway ?? "nobody"} dev ${name(ifindex)}`)
        .join(", ") || "none";
    if (defaults.some(({ ifindex }) => name(ifindex) === uplink.link))
      return pass("netlink", "default routes", words);
    return fail(
      defaults.length === 0
        ? "There is no default route, so guests' packets have no way out."
        : `No default route goes by the uplink ${uplink.link}: ${words}.`,
      [seen("netlink", "default routes", words)],
      add(uplink.link, uplink.machineIp ?? "GATEWAY"),
    );
  },
};
