import type { RouteFacts } from "../../../linux/routes.ts";
import { contains, parseRange } from "../../../net/ipv4.ts";
import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { describeRoute, MAIN_TABLE, removal } from "./route-words.ts";

const repair = (...commands: readonly string[]) =>
  auto(
    "Remove the other route. If it is there for a reason, give the VMs another range (`network.cidr`).",
    ...commands,
  );

export const routeOverlap: Check<HostSight> = {
  code: "route-overlap",
  layer: "address",
  title: "No other link has a route into the range of the guests",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP resolves on both sides, carriers, ports and forwarding table are right, and IP is dead for every guest in that part of the range: Destination Host Unreachable, or silence. (With rp_filter=1 the guests' ARP fails too.)",
    cause:
      "A route by another link covers the guests' range as exactly as the bridge's and stands first, or more exactly: an address of the same subnet on another card, a VPN, a Docker network, a route left from debugging.",
    evidence:
      "`ip route get 192.168.100.2` names another `dev` than the bridge; `ip route show to root 192.168.100.0/24` shows who.",
    fix: repair("ip route del 192.168.100.0/25 dev eth1"),
  },
  judge(host) {
    const foreign = foreignRoutes(host);
    const winners = foreign.filter((route) => wins(route, host));
    const evidence = foreign.map((route) =>
      seen("netlink", "a route into our range", describeRoute(route, host)),
    );
    const fix = repair(...foreign.slice(0, 10).map((route) => removal(route, host)));
    const [winner] = winners;
    if (winner)
      return fail(
        `The route ${describeRoute(winner, host)} takes guests' packets away from ${host.plan.bridge}.`,
        evidence,
        fix,
      );
    const [second] = foreign;
    if (second)
      return warn(
        `The route ${describeRoute(second, host)} is as exact as the bridge's; it only comes second by luck.`,
        evidence,
        fix,
      );
    return pass("netlink", `routes into ${host.plan.cidr}`, `by ${host.plan.bridge} only`);
  },
};

/** Routes that matter here: one for a single guest, or of an address on a TAP, is the finding of that VM. */
function foreignRoutes(host: HostSight): RouteFacts[] {
  const { plan, bridge, routes, held } = host;
  const range = parseRange(plan.cidr);
  return routes
    .filter(({ table, ifindex }) => table === MAIN_TABLE && ifindex !== bridge?.index)
    .filter(({ ip, prefix }) => prefix >= range.prefix && contains(range, ip))
    .filter(({ ip, prefix }) => prefix < 32 || held.every(({ address }) => address.ip !== ip))
    .filter((route) => !comesWithTapAddress(route, host));
}

function comesWithTapAddress(
  { ifindex, source }: RouteFacts,
  { links, addresses, held }: HostSight,
): boolean {
  const link = links.find(({ index }) => index === ifindex);
  return (
    held.some(({ address }) => address.tap === link?.name) &&
    addresses.some((address) => address.ifindex === ifindex && address.ip === source)
  );
}

/** Of routes that are equally exact the kernel takes the first that it lists. */
function wins(route: RouteFacts, { plan, bridge, routes }: HostSight): boolean {
  if (route.prefix > plan.prefix) return true;
  const first = routes.find(
    ({ table, prefix, ip, ifindex }) =>
      table === MAIN_TABLE &&
      prefix === route.prefix &&
      ip === route.ip &&
      (ifindex === bridge?.index || ifindex === route.ifindex),
  );
  return first === route;
}
