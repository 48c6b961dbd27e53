import { parseIptables } from "../../../net/firewall/foreign/iptables-rules.ts";
import type { Traffic, Way } from "../../../net/firewall/foreign/packet.ts";
import { type ForeignDrop, findDrops } from "../../../net/firewall/foreign-rules.ts";
import type { HostSight } from "../../sight/host-sight.ts";

/** A drop of another program, held against what the probe's packets met. */
export interface Finding {
  readonly drop: ForeignDrop;
  /** What its counter rose by over the probe; undefined: it does not count. */
  readonly rise: number | undefined;
  /** `proven`: by reading alone, or because its counter rose while the way is dead. */
  readonly verdict: "proven" | "suspect";
}

export interface ForeignFindings {
  readonly nft: readonly Finding[];
  readonly legacy: readonly Finding[];
}

const known = new WeakMap<HostSight, ForeignFindings>();

/** Every foreign drop that concerns our packets. What the probe has refuted is left out. Judged once for each sight. */
export function foreignFindings(sight: HostSight): ForeignFindings {
  const found = known.get(sight) ?? findAll(sight);
  known.set(sight, found);
  return found;
}

/** The packets that must pass on this host. */
export function trafficOf({ plan, target, held, uplink, rulesLoaded }: HostSight): Traffic {
  const { openTarget } = plan;
  return {
    bridge: plan.bridge,
    bridgeMac: target.bridge.mac,
    gateway: plan.gateway,
    guests: held.map(({ address: { ip, mac, tap } }) => ({ ip, mac, tap })),
    ...(uplink ? { uplink: { link: uplink.link, ...(openTarget ? { target: openTarget } : {}) } } : {}),
    isOurs: rulesLoaded !== undefined,
  };
}

function findAll(sight: HostSight): ForeignFindings {
  const { ruleset, rulesetAfter, legacyRules, target } = sight;
  const traffic = trafficOf(sight);
  const own = target.tables.map(({ family, name }) => `${family} ${name}`);
  const nft = ruleset ? findDrops(ruleset, traffic, own) : [];
  const nftAfter = rulesetAfter ? findDrops(rulesetAfter, traffic, own) : [];
  const legacy = findDrops(parseIptables(legacyRules.before), traffic, []);
  const legacyAfter = findDrops(parseIptables(legacyRules.after), traffic, []);
  return { nft: weigh(nft, nftAfter, sight), legacy: weigh(legacy, legacyAfter, sight) };
}

function weigh(drops: readonly ForeignDrop[], after: readonly ForeignDrop[], sight: HostSight): Finding[] {
  const counts = new Map(after.map((drop) => [identityOf(drop), drop.count]));
  return drops.flatMap((drop): Finding[] => {
    const later = counts.get(identityOf(drop));
    const rise = later === undefined || drop.count === undefined ? undefined : later - drop.count;
    const ways = [...drop.ways];
    if (ways.every((way) => isAlive(way, sight))) return [];
    const isCaught = rise !== undefined && rise > 0 && ways.some((way) => isDead(way, sight));
    return [{ drop, rise, verdict: drop.certain || isCaught ? "proven" : "suspect" }];
  });
}

/** Where it stands and what it says, without the counter, which moves. */
const identityOf = ({ culprit: { chain, rule }, words }: ForeignDrop): string =>
  `${chain.family} ${chain.table} ${chain.name} ${rule?.handle ?? words.replace(/counter packets \d+/, "")}`;

const isAlive = (way: Way, { probed }: HostSight): boolean => {
  const tally = probed?.get(way);
  return tally !== undefined && tally.asked > 0 && tally.alive === tally.asked;
};
const isDead = (way: Way, { probed }: HostSight): boolean => {
  const tally = probed?.get(way);
  return tally !== undefined && tally.asked > 0 && tally.alive === 0;
};
