import type { LinkFacts } from "../../net/facts.ts";
import type { Ruleset } from "../../net/firewall/nft.ts";
import { goodBridge, goodTap } from "../../testing/fake-network.ts";
import type { TcFilterFacts } from "../sight/host-sight.ts";
import type { VmSight } from "../sight/vm-sight.ts";
import { deadProbe, type Overlay } from "./diagnose.ts";
import { ADDRESS, healthyGuest, healthyProbe, healthyVm, ourRuleset } from "./healthy-sight.ts";

/** The TAP of the healthy VM. */
export const TAP: LinkFacts = goodTap(ADDRESS, healthyVm().ownerUid);
/** Its bridge port, well. */
export const PORT = { state: 3, isolated: true, learning: true, flood: true };
/** What it is made of, well; and the same that belongs to nobody. */
export const TUN = { tap: true, persist: true, vnetHdr: true, multiQueue: false, ownerUid: 200_000 };
export const NOBODYS = { tap: true, persist: true, vnetHdr: true, multiQueue: false };
/** A VM whose path is dead. */
export const DEAD = { probe: deadProbe() };

/** The same, though frames of the guest come to the TAP. */
export const UNHEARD = { probe: deadProbe({ tap: { rx: 9, tx: 12, rxDropped: 0, txDropped: 0 } }) };

/** A filter of tc on the TAP that drops. */
export const drops = (direction: TcFilterFacts["direction"], packets?: number): TcFilterFacts => ({
  link: ADDRESS.tap,
  direction,
  words: "filter matchall action drop",
  drops: true,
  ...(packets === undefined ? {} : { packets }),
});

/** Ping passes, TCP does not. */
export const pingOnly = healthyProbe({
  toGuest: { ...healthyProbe().toGuest, agent: "timeout", ssh: "timeout", nonce: "none" },
});

/** A host on which the TAP is gone. */
export const withoutTap = (over: Overlay): Overlay => ({
  ...over,
  host: { links: [goodBridge()], fdb: [], holders: [], ...over.host },
});

/** A guest that counts these in /proc/net/snmp. */
export const guestCounters = (counters: Record<string, number>): VmSight["guest"] => {
  const guest = healthyGuest();
  return { ...guest, health: guest.health && { ...guest.health, counters } };
};

/** Our rules, having counted that many frames of the TAP by set. */
export function counted(frames: Readonly<Record<string, number>>): Ruleset {
  const { sets, ...rest } = ourRuleset();
  const all = new Map(Object.entries(frames));
  const elementOf = (name: string, packets: number) => {
    const counter = { packets, bytes: 0 };
    const { tap, mac, ip } = ADDRESS;
    return name === "guests"
      ? { elem: { val: { concat: [tap, mac, ip] }, counter } }
      : { elem: { val: tap, counter } };
  };
  const laid = sets.map((set) => {
    const packets = all.get(set.name);
    return packets === undefined ? set : { ...set, elem: [elementOf(set.name, packets)] };
  });
  return { ...rest, sets: laid };
}
