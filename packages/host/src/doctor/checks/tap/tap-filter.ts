import { type Check, command, fail, type Judgement, pass, seen, unknown, warn } from "../../check.ts";
import type { TcFilterFacts } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
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
    const dropping = host.tcFilters.filter(
      (filter) => links.includes(filter.link) && filter.direction === direction && filter.drops,
    );
    const [first] = dropping;
    if (!first) return pass("tc", `${direction} of ${links.join(" and ")}`, "nothing drops");
    const evidence = dropping.map(({ link, words, packets }) =>
      seen("tc", `${direction} of ${link}`, packets === undefined ? words : `${words}: ${packets} packets`),
    );
    const fix = removeFilter(first.link, direction);
    const cause = `A tc filter on the ${direction} of ${first.link} drops packets`;
    const hasHit = dropping.some(({ packets }) => packets !== 0);
    return hasHit && !pathWorks(vm.probe)
      ? fail(`${cause} of this VM: ${first.words}.`, evidence, fix)
      : warn(`${cause}, though none of the probe's: ${first.words}.`, evidence, fix);
  });
