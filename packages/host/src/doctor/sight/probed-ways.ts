import type { Way } from "../../net/firewall/foreign/packet.ts";
import type { ProbedWays } from "./host-sight.ts";
import type { PathProbe, TcpAnswer, VmSight } from "./vm-sight.ts";

const arrives = (answer: TcpAnswer): boolean => answer === "open" || answer === "refused";

/** How the probes of these VMs went, way by way. What was not asked does not count. */
export function tallyWays(vms: readonly Pick<VmSight, "probe" | "address">[]): ProbedWays {
  const answers = vms.flatMap(({ probe, address }) => (probe ? answersOf(probe, address.mac) : []));
  const ways = Map.groupBy(answers, ([way]) => way);
  return new Map(
    [...ways].map(([way, all]) => [way, { alive: all.filter(([, ok]) => ok).length, asked: all.length }]),
  );
}

function answersOf({ toGuest, fromGuest }: PathProbe, mac: string): Array<readonly [Way, boolean]> {
  const outside = fromGuest?.outside;
  return [
    ["arp", toGuest.arp.includes(mac)],
    ["ping-to-guest", toGuest.pings.some(({ ok }) => ok)],
    ["tcp-to-guest", arrives(toGuest.agent)],
    ...(fromGuest
      ? ([
          ["ping-to-host", fromGuest.gateway.ok],
          ["tcp-to-host", arrives(fromGuest.closedPort)],
        ] as const)
      : []),
    ...(outside ? ([["outside", arrives(outside)]] as const) : []),
  ];
}
