import type { GuestResult } from "@browservm/contract";
import type { PathProbe, VmSight } from "../sight/vm-sight.ts";
import { ADDRESS, healthyGuest, healthyProbe } from "./healthy-sight.ts";

type Guest = Exclude<VmSight["guest"], { silent: string }>;
type Link = Guest["network"]["links"][number];

/** A guest whose own account of itself differs from a healthy one's. */
export function guestWith(over: {
  readonly link?: Partial<Link>;
  readonly network?: Partial<Guest["network"]>;
  readonly health?: Partial<GuestResult<"health.get">>;
  readonly guest?: Partial<Guest>;
}): Guest {
  const good = healthyGuest();
  const links = good.network.links.map((link) => (link.name === "eth0" ? { ...link, ...over.link } : link));
  return {
    ...good,
    network: { ...good.network, links, ...over.network },
    ...(good.health ? { health: { ...good.health, ...over.health } } : {}),
    ...over.guest,
  };
}

const NO = { ok: false } as const;
const BURST = 20;

type Delta = Partial<NonNullable<PathProbe["tap"]>>;
const delta = (over: Delta) => ({ rx: 0, tx: 0, rxDropped: 0, txDropped: 0, ...over });

/** A probe without an answer to IP, both ways; the burst's counters say where its packets ended. */
export const deadIp = (tap: Delta, over: Partial<PathProbe> = {}): PathProbe =>
  healthyProbe({
    toGuest: {
      pings: [NO, NO, NO],
      arp: [ADDRESS.mac],
      agent: "timeout",
      ssh: "timeout",
      nonce: "none",
      mtu: [],
    },
    fromGuest: { gateway: NO, closedPort: "timeout" },
    burst: { kind: "echo", sent: BURST, bridge: delta({ tx: BURST }), tap: delta(tap) },
    ...over,
  });

/** The same without ARP; a guest that is silent probes nothing itself. */
export const deadArp = (tap: Delta, fromGuest?: PathProbe["fromGuest"]): PathProbe => {
  const dead = deadIp(tap);
  return {
    ...dead,
    toGuest: { ...dead.toGuest, pings: [0, 1, 2].map(() => ({ ok: false, error: "EHOSTUNREACH" })), arp: [] },
    fromGuest,
    tap: delta(tap),
    burst: { kind: "arp", sent: BURST, bridge: delta({ tx: BURST }), tap: delta(tap) },
  };
};
