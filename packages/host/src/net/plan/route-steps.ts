import type { RouteFacts } from "../../linux/routes.ts";
import type { NeighbourFacts } from "../facts.ts";
import { contains, formatRange, type Ipv4Range, parseRange } from "../ipv4.ts";
import { slotOfTap } from "../names.ts";
import type { CurrentNetwork, NetworkTarget } from "./network-target.ts";
import type { Because, NetStep } from "./step.ts";

const MAIN_TABLE = 254; // RT_TABLE_MAIN, linux/rtnetlink.h

const rangeOf = ({ bridge }: NetworkTarget): Ipv4Range => parseRange(`${bridge.gateway}/${bridge.prefix}`);

/** The way to the guests: our range goes by the bridge, and no part of it by any other link. */
export function planRoutes(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  return [...foreignRoutes(current, target), ...missingRoute(current, target)];
}

function foreignRoutes(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const range = rangeOf(target);
  return current.routes
    .filter(({ table, ifindex }) => table === MAIN_TABLE && ifindex !== current.bridge?.index)
    .filter(({ ip, prefix }) => prefix >= range.prefix && contains(range, ip))
    .filter((route) => !goesWithAddress(route, current))
    .map((route) => {
      const dev = current.names.get(route.ifindex) ?? "no link";
      return { do: "removeRoute", route, dev, because: whyForeign(route, dev, target) };
    });
}

/** The kernel's own route for an address on a TAP goes when that address is removed. */
const goesWithAddress = ({ ifindex, source }: RouteFacts, { addresses, names }: CurrentNetwork): boolean =>
  source !== undefined &&
  slotOfTap(names.get(ifindex) ?? "") !== undefined &&
  addresses.some((address) => address.ifindex === ifindex && address.ip === source);

function whyForeign({ ip, prefix }: RouteFacts, dev: string, target: NetworkTarget): Because {
  const guest = prefix === 32 ? target.held.find(({ address }) => address.ip === ip) : undefined;
  const cause = `the route to ${ip}/${prefix} goes by ${dev}, not by ${target.bridge.name}`;
  return guest ? { code: "route-stolen", cause, vmId: guest.vmId } : { code: "route-overlap", cause };
}

/** An address brings its route with it; that it has none means that somebody took the route away. */
function missingRoute(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const { bridge } = target;
  const range = rangeOf(target);
  const hasAddress = current.addresses.some(
    ({ ifindex, ip, prefix }) =>
      ifindex === current.bridge?.index && ip === bridge.gateway && prefix === bridge.prefix,
  );
  const hasRoute = current.routes.some(
    (route) =>
      route.ifindex === current.bridge?.index &&
      contains(range, route.ip) &&
      route.prefix === range.prefix &&
      route.table === MAIN_TABLE,
  );
  // A bridge that is down has no routes; setting it up brings them back.
  if (!current.bridge?.up || !hasAddress || hasRoute) return [];
  const cause = `there is no route to ${formatRange(range)} by ${bridge.name}`;
  return [{ do: "addRoute", bridge, because: { code: "route-stolen", cause } }];
}

/** What the host believes about guests' MACs. An entry that says nothing (incomplete, failed) does no harm. */
export function planNeighbours(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const taps = new Set(current.taps.map(({ name }) => name));
  const ours = new Map(
    current.neighbours.filter(({ ifindex }) => ifindex === current.bridge?.index).map((one) => [one.ip, one]),
  );
  return target.held.flatMap(({ vmId, address }) => {
    const entry = ours.get(address.ip);
    if (!taps.has(address.tap) || entry?.mac === undefined || entry.mac === address.mac) return [];
    if (SILENT.has(entry.state)) return [];
    const code = entry.state === "permanent" ? "neighbour-permanent" : "neighbour-wrong";
    const because = { code, cause: tell(entry, address.mac), vmId };
    const { ip, ifindex } = entry;
    return [{ do: "forgetNeighbour", ip, ifindex, dev: target.bridge.name, because } as const];
  });
}

const SILENT: ReadonlySet<string> = new Set(["none", "incomplete", "failed"]);

const tell = ({ ip, mac, state }: NeighbourFacts, wanted: string): string =>
  `the host has ${ip} at ${mac} (${state}), but that guest's MAC is ${wanted}`;
