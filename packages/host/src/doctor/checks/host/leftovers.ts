import { auto, type Check, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const reclaim = auto("hostd removes what belongs to no VM when it starts, and on `--fix`.");

export const leftovers: Check<HostSight> = {
  code: "leftovers",
  layer: "host",
  title: "Nothing is left of VMs that are gone",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom:
      "Addresses run out sooner than they should; TAPs without a VM stand on the bridge with NO-CARRIER.",
    cause: "A VM ended while hostd was down, or somebody made a TAP with one of our names.",
    evidence: "A TAP, an address, an element of our sets, or files that belong to no VM that hostd knows.",
    fix: reclaim,
  },
  judge: ({ leftovers: left }) => {
    const [first] = left;
    if (first === undefined) return pass("database", "leftovers", "none");
    const more = left.length > 1 ? ` (and ${left.length - 1} more)` : "";
    return warn(
      `${first} belongs to no VM${more}.`,
      left.map((words) => seen("database", "leftovers", words)),
      reclaim,
    );
  },
};
