import type { Seen } from "../../check.ts";
import { manual, seen } from "../../check.ts";
import { lastSeen } from "../../last-seen.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

/** What to do about a symptom that no check explains. */
export const trace = manual(
  "No check explains it. Follow the packets from where they were last seen (tcpdump on the TAP and on the bridge), and send the evidence bundle.",
);

/** For a symptom that stands alone: that nothing explains it, and how far the packets got by the counters. */
export function unexplained({ host, vm }: VmSubject): {
  readonly words: string;
  readonly seen: readonly Seen[];
} {
  const last = lastSeen(host, vm);
  if (!last) return { words: "No check explains it.", seen: [] };
  return {
    words: `No check explains it. Packets were last seen at the ${last.at}: ${last.words}.`,
    seen: [seen("counters", `last seen: ${last.at}`, last.words)],
  };
}
