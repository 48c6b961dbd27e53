import { type Check, command, fail, pass, seen, skip, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { LOCAL } from "./places.ts";

/** Share of the table from which on it is about to be full. */
const NEARLY = 0.9;

const raise = (max: number) =>
  command(
    "Raise the limit, and find out who opens so many connections (`conntrack -L`).",
    "some memory of the kernel (about 320 bytes a connection)",
    `sysctl -w net.netfilter.nf_conntrack_max=${max * 2}`,
  );

export const conntrackFull: Check<HostSight> = {
  code: "conntrack-full",
  layer: "firewall",
  title: "The kernel's table of connections has room",
  dependsOn: [],
  breaks: [...LOCAL, "egress", "dns"],
  explanation: {
    symptom:
      "What is connected goes on, everything new is dropped: pings and connections time out, at random while the table hovers at its limit.",
    cause:
      "Connection tracking knows as many connections as it may, and drops the first packet of each new one.",
    evidence:
      "nf_conntrack_count equals nf_conntrack_max; dmesg says `nf_conntrack: table full, dropping packet`.",
    fix: raise(262_144),
  },
  judge: ({ conntrack }) => {
    if (!conntrack) return skip("procfs", "nf_conntrack_count", "connections are not tracked here");
    const { count, max } = conntrack;
    const words = `${count} of ${max} connections`;
    const here = seen("procfs", "nf_conntrack_count and _max", words);
    if (max > 0 && count >= max)
      return fail(
        `The table of connections is full (${words}), so new ones are dropped.`,
        [here],
        raise(max),
      );
    if (max > 0 && count >= max * NEARLY)
      return warn(`The table of connections is nearly full: ${words}.`, [here], raise(max));
    return pass("procfs", "nf_conntrack_count and _max", words);
  },
};
