import { type Packet, packetsOf, type Station, type Traffic, type Way } from "./foreign/packet.ts";
import { countOf, wordsOf } from "./foreign/rule-words.ts";
import { type Culprit, type IndexedRules, indexRules, tracePacket } from "./foreign/trace.ts";
import type { Ruleset } from "./nft.ts";

/** A rule or policy of another program that stops packets of ours. */
export interface ForeignDrop {
  /** Where it stands and what it says, in its own words. */
  readonly words: string;
  /** False when something that we cannot read might still let them pass. */
  readonly certain: boolean;
  readonly culprit: Culprit;
  /** Packets that end there, in words, and the ways that they belong to. */
  readonly packets: readonly string[];
  readonly ways: ReadonlySet<Way>;
  /** What it has counted, if it counts. */
  readonly count: number | undefined;
}

export interface OurTraffic {
  /** Bridge and uplink. */
  readonly links: readonly string[];
  readonly ownTables: readonly string[];
  /** Whether guests go out through this namespace at all. */
  readonly forwards: boolean;
}

type Chain = Ruleset["chains"][number];

/** What in these rules, ours excepted, stops packets between guests and host, or guests and the internet. */
export function findForeignDrops(
  ruleset: Ruleset,
  { links: [bridge = "", uplink], ownTables, forwards }: OurTraffic,
): ForeignDrop[] {
  const traffic = { bridge, guests: [], isOurs: true, ...(forwards ? { uplink: { link: uplink } } : {}) };
  return findDrops(ruleset, traffic, ownTables);
}

/** The same for these guests' very packets; each rule once, with every packet that ends there. */
export function findDrops(ruleset: Ruleset, traffic: Traffic, ownTables: readonly string[]): ForeignDrop[] {
  const rules = indexRules(ruleset);
  const chains = ruleset.chains.filter(
    ({ family, table, hook, type, policy }) =>
      hook !== undefined &&
      family !== "ip6" &&
      !ownTables.includes(`${family} ${table}`) &&
      // An empty chain that accepts needs no walk.
      (policy === "drop" ||
        rules.ruleset.rules.some((rule) => rule.family === family && rule.table === table)) &&
      type !== undefined,
  );
  const stops = packetsOf(traffic).flatMap((packet) => stopsOf(packet, chains, rules));
  return [...Map.groupBy(stops, ({ culprit }) => culprit.rule ?? culprit.chain).values()].flatMap(merge);
}

interface Stop {
  readonly culprit: Culprit;
  readonly certain: boolean;
  readonly packet: Packet;
}

function stopsOf(packet: Packet, chains: readonly Chain[], rules: IndexedRules): Stop[] {
  return packet.stations.flatMap((station) =>
    chains
      .filter((chain) => stands(chain, station, packet))
      .flatMap((chain) => {
        const { outcome, culprits } = tracePacket(rules, chain, { packet, station });
        // Which link a chain of the netdev family sits on is not always told.
        const certain = outcome === "drop" && !(station.family === "netdev" && chain.dev === undefined);
        return culprits.map((culprit) => ({ culprit, certain, packet }));
      }),
  );
}

/** Whether this base chain is asked about the packet at this station. */
function stands(chain: Chain, station: Station, { state }: Packet): boolean {
  const { family, hook, type, prio = 0, dev } = chain;
  if (hook !== station.hook || prio >= (station.before ?? Number.POSITIVE_INFINITY)) return false;
  if (station.family === "netdev") return isOnDevice(dev, station);
  // Translation is only asked about the first packet of a connection.
  if (type === "nat" && state === "established") return false;
  return station.family === family || (station.family === "ip" && family === "inet");
}

function isOnDevice(dev: Chain["dev"], { iif, oif }: Station): boolean {
  const own = iif || oif;
  return dev === undefined || (own !== undefined && (Array.isArray(dev) ? dev.includes(own) : dev === own));
}

function merge(stops: readonly Stop[]): ForeignDrop[] {
  const [first] = stops;
  if (!first) return [];
  const { culprit } = first;
  const certain = stops.filter((stop) => stop.certain);
  const told = certain.length > 0 ? certain : stops;
  return [
    {
      words: wordsOf(culprit),
      certain: certain.length > 0,
      culprit,
      packets: [...new Set(told.map(({ packet }) => packet.words))],
      ways: new Set(told.map(({ packet }) => packet.way)),
      count: countOf(culprit),
    },
  ];
}
