import type { LinkFacts } from "../../../net/facts.ts";
import { auto, type Check, fail, type Judgement, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutBridge } from "./about-bridge.ts";

const repair = (bridge: string, address: string) =>
  auto("Give the bridge the gateway's address.", `ip address add ${address} dev ${bridge}`);

export const bridgeAddress: Check<HostSight> = {
  code: "bridge-address",
  layer: "bridge",
  title: "The bridge has the gateway's address",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Every guest fails to resolve the gateway, and the host has no route to the guests: its packets go to the default route, or nowhere (Network is unreachable).",
    cause:
      "The address was removed from the bridge (a network manager, `ip address flush`), or it was set with the wrong prefix: with /32 it brings no route to the guests.",
    evidence: "`ip address show dev fcbr0` lacks `inet 192.168.100.1/24`.",
    fix: repair("fcbr0", "192.168.100.1/24"),
  },
  judge: aboutBridge((bridge, host) => {
    const { gateway, prefix } = host.plan;
    const wanted = `${gateway}/${prefix}`;
    const own = host.addresses.filter(({ ifindex }) => ifindex === bridge.index);
    const words = own.map((one) => `${one.ip}/${one.prefix}`);
    if (words.includes(wanted)) return pass("netlink", `addresses of ${bridge.name}`, wanted);
    const evidence = [seen("netlink", `addresses of ${bridge.name}`, words.join(", ") || "none")];
    const fix = repair(bridge.name, wanted);
    const other = own.find(({ ip }) => ip === gateway);
    if (other)
      return fail(
        `${bridge.name} has the gateway's address with the prefix ${other.prefix}, not ${prefix}.`,
        evidence,
        fix,
      );
    return (
      worksFromElsewhere(bridge, host) ?? fail(`${bridge.name} lacks the address ${wanted}.`, evidence, fix)
    );
  }),
};

/** An address counts for the whole host, so on another link it works while ARP is answered for any (arp_ignore=0). */
function worksFromElsewhere(
  bridge: LinkFacts,
  { addresses, links, routes, plan, sysctls }: HostSight,
): Judgement | undefined {
  const elsewhere = addresses.find(({ ip }) => ip === plan.gateway);
  const hasRoute = routes.some(({ ifindex, prefix }) => ifindex === bridge.index && prefix === plan.prefix);
  const answersForAll = ["all", bridge.name].every(
    (name) => sysctls.get(`net/ipv4/conf/${name}/arp_ignore`) === "0",
  );
  if (!elsewhere || !hasRoute || !answersForAll) return undefined;
  const name = links.find(({ index }) => index === elsewhere.ifindex)?.name ?? `ifindex ${elsewhere.ifindex}`;
  return warn(
    `${bridge.name} lacks the gateway's address, which is on ${name}; it works only because arp_ignore is 0.`,
    [seen("netlink", `addresses of ${name}`, `${elsewhere.ip}/${elsewhere.prefix}`)],
    repair(bridge.name, `${plan.gateway}/${plan.prefix}`),
  );
}
