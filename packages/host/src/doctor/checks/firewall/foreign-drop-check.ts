import { type Check, fail, type Judgement, pass, type Seen, seen, unknown } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { adviseAbout, ownerOf } from "./advice.ts";
import { type Finding, foreignFindings } from "./foreign-drops.ts";

type Chain = Finding["drop"]["culprit"]["chain"];

/** A check that names foreign rules at one place of the kernel. `stands` says whether a base chain is there. */
export function foreignDropCheck(
  about: Omit<Check<HostSight>, "layer" | "dependsOn" | "judge">,
  stands: (chain: Chain) => boolean,
): Check<HostSight> {
  return {
    ...about,
    layer: "firewall",
    dependsOn: [],
    judge: (sight) => {
      if (!sight.ruleset)
        return unknown("The rules of this network namespace could not be read.", [
          seen("nft", "nft -j list ruleset", "no answer"),
        ]);
      const here = foreignFindings(sight).nft.filter(({ drop }) => stands(drop.culprit.chain));
      const proven = here.filter(({ verdict }) => verdict === "proven");
      if (proven.length === 0) return pass("nft", "rules of other programs", tellPassed(here));
      return failFor(proven, sight);
    },
  };
}

const tellPassed = (suspects: readonly Finding[]): string =>
  suspects.length === 0
    ? "none there drops our packets"
    : `none there surely drops our packets (see foreign-rule-suspect for ${suspects.length})`;

function failFor(proven: readonly [Finding, ...Finding[]] | readonly Finding[], sight: HostSight): Judgement {
  const [first] = proven;
  if (!first) return pass("nft", "rules of other programs", "none there drops our packets");
  const { culprit } = first.drop;
  const owner = ownerOf(sight, culprit.chain.table);
  const more = proven.length > 1 ? ` (and ${proven.length - 1} more)` : "";
  return fail(
    `${owner ?? "Another program"} drops ${tellPackets(first)}: ${first.drop.words}${tellRise(first)}${more}.`,
    proven.map(seenFinding),
    adviseAbout(culprit, sight),
  );
}

/** Which packets end there: the first, and how many kinds more. */
export function tellPackets({ drop: { packets } }: Finding): string {
  const [first = "our packets", ...more] = packets;
  return more.length > 0 ? `${first} (and ${more.length} other kinds)` : first;
}

export const tellRise = ({ rise }: Finding): string =>
  rise === undefined ? "" : `; its counter rose by ${rise} during the probe`;

export function seenFinding(finding: Finding): Seen {
  const { family, table, name } = finding.drop.culprit.chain;
  return seen(
    "nft",
    `table ${family} ${table}, chain ${name}`,
    `${finding.drop.words}${tellRise(finding)}; ends: ${finding.drop.packets.slice(0, 6).join(", ")}`,
  );
}
