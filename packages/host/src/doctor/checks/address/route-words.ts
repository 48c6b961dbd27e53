import type { RouteFacts } from "../../../linux/routes.ts";
import type { HostSight } from "../../sight/host-sight.ts";

/** RT_TABLE_MAIN, linux/rtnetlink.h */
export const MAIN_TABLE = 254;

/** A route as `ip route` tells it. */
export function describeRoute(
  { ip, prefix, ifindex, gateway, source, table }: RouteFacts,
  host: HostSight,
): string {
  return [
    prefix === 0 ? "default" : `${ip}/${prefix}`,
    ...(gateway ? [`via ${gateway}`] : []),
    linkOf(ifindex, host),
    ...(source ? [`src ${source}`] : []),
    ...(table === MAIN_TABLE ? [] : [`table ${table}`]),
  ].join(" ");
}

/** By which link, in words; a route without one refuses (blackhole, unreachable) or has several next hops. */
const linkOf = (ifindex: number, { links }: HostSight): string =>
  ifindex === 0 ? "by no single link" : `dev ${nameOf(ifindex, links)}`;

export const nameOf = (ifindex: number, links: HostSight["links"]): string =>
  links.find(({ index }) => index === ifindex)?.name ?? `ifindex ${ifindex}`;

/** How a person removes this route. */
export const removal = ({ ip, prefix, ifindex }: RouteFacts, { links }: HostSight): string =>
  `ip route del ${ip}/${prefix}${ifindex === 0 ? "" : ` dev ${nameOf(ifindex, links)}`}`;
