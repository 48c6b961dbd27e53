import type { RouteFacts } from "../../../linux/routes.ts";
import { contains, parseRange } from "../../../net/ipv4.ts";
import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { mustHaveTap, noTapNow } from "../tap/about-tap.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { describeRoute, MAIN_TABLE, nameOf, removal } from "./route-words.ts";

const repair = (...commands: readonly string[]) =>
  auto("Let the way to the guest go by the bridge again.", ...commands);

export const routeStolen: Check<VmSubject> = {
  code: "route-stolen",
  layer: "address",
  title: "The host's route to the guest goes by the bridge",
  dependsOn: [
    "bridge-missing",
    "bridge-wrong-kind",
    "bridge-down",
    "bridge-address",
    "route-overlap",
    "rule-diverts",
    "tap-address",
  ],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP resolves both ways with the bridge's own MAC, all carriers are up, the forwarding table is right, and IP is dead: the host's ping says Destination Host Unreachable, the guest's is lost, TCP says No route to host.",
    cause:
      "The host has a route to this very guest by something else than the bridge, typically `ip route add 192.168.100.2/32 dev bv-0` from debugging. It asks for the guest on the port itself; the answer enters the bridge, so the question is never answered. Or the bridge's own route is gone.",
    evidence: "`ip route get 192.168.100.2` says another `dev` than the bridge, a `via`, or an error.",
    fix: repair("ip route del 192.168.100.2/32 dev bv-0"),
  },
  judge(subject) {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const { host, vm } = subject;
    const { route, address } = vm;
    const { bridge, gateway } = host.plan;
    const what = route
      ? `dev ${route.dev}${route.via ? ` via ${route.via}` : ""} src ${route.source ?? "none"}`
      : "no route, or one that refuses";
    const where = `route to ${address.ip}`;
    if (route?.dev === bridge && !route.via) {
      if (route.source === undefined || route.source === gateway) return pass("netlink", where, what);
      return warn(
        `The host speaks to ${address.ip} from ${route.source}, not from the gateway ${gateway}.`,
        [seen("netlink", where, what)],
        repair(ownRoute(subject, "replace")),
      );
    }
    const taken = takenRoute(subject);
    return fail(
      whyStolen(subject),
      [
        seen("netlink", where, what),
        ...(taken ? [seen("netlink", "the route that is taken", describeRoute(taken, host))] : []),
      ],
      repair(isForeign(taken, subject) ? removal(taken, host) : ownRoute(subject, "add")),
    );
  },
};

const ownRoute = ({ host: { plan } }: VmSubject, verb: "add" | "replace"): string =>
  `ip route ${verb} ${plan.cidr} dev ${plan.bridge} src ${plan.gateway}`;

function whyStolen({ host, vm: { route, address } }: VmSubject): string {
  const own = host.addresses.find(({ ip }) => ip === address.ip);
  if (own)
    return `The host itself has the guest's address ${address.ip}, on ${nameOf(own.ifindex, host.links)}.`;
  if (!route) return `The host has no route to ${address.ip}, or one that refuses.`;
  if (route.dev !== host.plan.bridge)
    return `The host's route to ${address.ip} goes by ${route.dev}, not by ${host.plan.bridge}.`;
  return `The host's route to ${address.ip} goes over ${route.via}, not straight to the guest.`;
}

/** The most exact route of the main table that fits the guest. */
function takenRoute({ host, vm }: VmSubject): RouteFacts | undefined {
  return host.routes
    .filter(
      ({ table, ip, prefix }) =>
        table === MAIN_TABLE && contains({ base: parseRange(`${ip}/${prefix}`).base, prefix }, vm.address.ip),
    )
    .sort((a, b) => b.prefix - a.prefix)[0];
}

/** A route that only leads to the wider world is not what is wrong; that ours is missing is. */
const isForeign = (route: RouteFacts | undefined, { host: { plan } }: VmSubject): route is RouteFacts =>
  route !== undefined && route.prefix >= plan.prefix;
