import {
  type Check,
  command,
  fail,
  type Judgement,
  pass,
  type Seen,
  seen,
  unknown,
  warn,
} from "../../check.ts";
import type { TcFilterFacts } from "../../sight/host-sight.ts";
import type { PathProbe, VmSubject } from "../../sight/vm-sight.ts";
import { aboutTap } from "./about-tap.ts";
import { pathWorks } from "./path-works.ts";

type Direction = TcFilterFacts["direction"];

export const removeFilter = (link: string, direction: Direction) =>
  command(
    "Remove the filter, and find out which program set it.",
    "whatever else hangs on that hook goes too: look at it first",
    `tc -s filter show dev ${link} ${direction}`,
    `tc filter del dev ${link} ${direction}`,
  );

/** Judges what tc does to a VM's packets on their way through the TAP and the bridge, in one direction. */
export const judgeFilters = (direction: Direction): Check<VmSubject>["judge"] =>
  aboutTap((tap, { host, vm }): Judgement => {
    if (!host.tcFilters)
      return unknown(`Nobody can say whether tc drops packets of ${tap.name}, for tc cannot be asked.`, [
        seen("tc", `${direction} of ${tap.name}`, "not readable; is iproute2's tc installed?"),
      ]);
    const links = [tap.name, host.plan.bridge];
    const here = host.tcFilters.filter((one) => links.includes(one.link) && one.direction === direction);
    // What a program (bpf) or an odd discipline does with a packet only the packets tell.
    const isLost = lossOf(direction, vm.probe);
    const suspects = here.filter(({ drops }) => drops || isLost !== undefined);
    const [first] = suspects;
    const where = `${direction} of ${links.join(" and ")}`;
    if (!first) return pass("tc", where, here.map(({ words }) => words).join("\n") || "nothing drops");
    const evidence = [...suspects.map(describeFilter), ...(isLost ? [isLost] : [])];
    const fix = removeFilter(first.link, direction);
    const what = `${first.words.startsWith("qdisc") ? "queueing discipline" : "filter"} on the ${direction} of ${first.link}`;
    const hasHit = suspects.some(({ packets }) => packets !== 0) || isLost !== undefined;
    return hasHit && !pathWorks(vm.probe)
      ? fail(`The ${what} drops packets of this VM: ${first.words}.`, evidence, fix)
      : warn(`The ${what} drops packets, though none of the probe's: ${first.words}.`, evidence, fix);
  });

const describeFilter = ({ link, direction, words, packets }: TcFilterFacts): Seen =>
  seen("tc", `${direction} of ${link}`, packets === undefined ? words : `${words}: ${packets} packets`);

/** That the burst's packets came to one side of the hook, and most of them not to the other. */
function lossOf(direction: Direction, probe: PathProbe | undefined): Seen | undefined {
  const { burst } = probe ?? {};
  if (!burst?.tap || !burst.bridge) return undefined;
  const most = burst.sent / 2;
  const [came, went, words] =
    direction === "egress"
      ? [burst.bridge.tx, burst.tap.tx, `bridge tx +${burst.bridge.tx}, TAP tx +${burst.tap.tx}`]
      : [burst.tap.rx, burst.bridge.rx, `TAP rx +${burst.tap.rx}, bridge rx +${burst.bridge.rx}`];
  return came >= most && went < most
    ? seen("counters", `${burst.sent} packets of a probe`, words)
    : undefined;
}
