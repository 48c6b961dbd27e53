import { auto, type Check, fail, pass, seen, skip, unknown, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";

const NEARLY = 0.9;
const OVERFLOWS = "ArpCache.table_fulls";
/** They are not counted by the garbage collector (neigh_alloc, net/core/neighbour.c). */
const UNCOUNTED: ReadonlySet<string> = new Set(["permanent", "noarp"]);

const repair = auto(
  "Raise the limits, in the machine's first network namespace: they count for all of them.",
  "sysctl -w net.ipv4.neigh.default.gc_thresh3=8192",
  "sysctl -w net.ipv4.neigh.default.gc_thresh2=4096",
  "sysctl -w net.ipv4.neigh.default.gc_thresh1=2048",
);

export const neighbourTableFull: Check<HostSight> = {
  code: "neighbour-table-full",
  layer: "address",
  title: "The neighbour table has room for every guest",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "With many VMs some, now these, now those, are unreachable: neighbour entries stay INCOMPLETE, ping is silent, and dmesg says `neighbor table overflow!`.",
    cause:
      "The kernel keeps at most gc_thresh3 (1024) neighbours, of all network namespaces together, and refuses to learn more.",
    evidence:
      "`table_fulls` in /proc/net/stat/arp_cache rises; `ip neigh show | wc -l` comes near net.ipv4.neigh.default.gc_thresh3.",
    fix: repair,
  },
  judge({ neighbours, neighbourLimit, held, counters }) {
    const rise = (counters.after[OVERFLOWS] ?? 0) - (counters.before[OVERFLOWS] ?? 0);
    const used = neighbours.filter(({ state }) => !UNCOUNTED.has(state)).length;
    const words = `${used} entries here, ${held.length} VMs, limit ${neighbourLimit ?? "unread"}`;
    const evidence = [
      seen("netlink", "neighbour table", words),
      ...(rise > 0 ? [seen("counters", OVERFLOWS, `+${rise} over the probe`)] : []),
    ];
    if (rise > 0) return fail("The kernel refuses new neighbours: its table is full.", evidence, repair);
    if (neighbourLimit === undefined) {
      // Only the machine's first namespace shows the limit; a few guests fit any.
      return held.length < FITS_ANY
        ? skip("netlink", "neighbour table", words)
        : unknown("The limit of the neighbour table cannot be read here.", evidence);
    }
    const needed = Math.max(used, held.length);
    if (needed >= neighbourLimit) return fail(`The neighbour table is full: ${words}.`, evidence, repair);
    if (needed >= neighbourLimit * NEARLY)
      return warn(`The neighbour table is nearly full: ${words}.`, evidence, repair);
    return pass("netlink", "neighbour table", words);
  },
};

/** Far below the kernel's smallest usual limit of 1024, whatever else the machine talks to. */
const FITS_ANY = 400;
