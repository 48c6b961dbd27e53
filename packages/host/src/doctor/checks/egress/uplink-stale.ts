import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const again = manual(
  "Start BrowserVM again (`browservm up`): it makes the way out anew for this namespace.",
  "hostd restarts; VMs go on",
);

export const uplinkStale: Check<HostSight> = {
  code: "uplink-stale",
  layer: "egress",
  title: "The way out belongs to this network namespace",
  dependsOn: [],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "After the namespace was made again (a reboot, a clean-up), guests have no way out.",
    cause:
      "uplink.json in the run directory tells of a veth that belonged to an earlier namespace of the same name.",
    evidence: "The inode in uplink.json is not that of hostd's namespace.",
    fix: again,
  },
  judge: ({ plan, uplink, uplinkWanted, namespaceInode }) => {
    if (!uplinkWanted) return skip("config", "uplink", "none is asked for");
    if (uplink) return pass("config", "uplink", uplink.link);
    const told = plan.warnings.find((words) => words.includes("earlier network namespace"));
    if (!told) return skip("config", "uplink", plan.warnings[0] ?? "none was set up");
    return fail(
      `The way out belongs to an earlier network namespace, not to this one (${namespaceInode}).`,
      [seen("config", "uplink.json", told)],
      again,
    );
  },
};
