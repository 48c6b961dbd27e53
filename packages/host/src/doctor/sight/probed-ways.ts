import type { Way } from "../../net/firewall/foreign/packet.ts";
import type { ProbedWays } from "./host-sight.ts";
import type { PathProbe, TcpAnswer, VmSight } from "./vm-sight.ts";

const arrives = (answer: TcpAnswer): boolean => answer === "open" || answer === "refused";

/**
 * How the probes of these VMs went, way by way. What was not asked does not count; and of ARP no probe tells, for our
 * own who-has goes past the hooks of the arp family, and a ping may live on what the kernel has resolved before.
 */
export function tallyWays(vms: readonly Pick<VmSight, "probe">[]): ProbedWays {
  const answers = vms.flatMap(({ probe }) => (probe ? answersOf(probe) : []));
  const ways = Map.groupBy(answers, ([way]) => way);
  return new Map(
    [...ways].map(([way, all]) => [way, { alive: all.filter(([, ok]) => ok).length, asked: all.length }]),
  );
}

function answersOf({ toGuest, fromGuest }: PathProbe): Array<readonly [Way, boolean]> {
  const outside = fromGuest?.outside;
  return [
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
