import { setTimeout as sleep } from "node:timers/promises";
import type { LinkFacts } from "../../net/facts.ts";
import { isOurPort } from "../../net/tap-device.ts";

/** linkwatch may lag a second behind the truth, longer under load (net/core/link_watch.c; measured up to 2 s). */
const SETTLE_MS = 2000;
const PAUSE_MS = 50;
const FORWARDING = 3; // BR_STATE_FORWARDING, linux/if_bridge.h

export interface Carriers {
  readonly links: readonly LinkFacts[];
  /** Names of TAPs that a process holds: a walk over /proc, so it is asked only when it matters. */
  readonly held: () => ReadonlySet<string>;
  readonly bridge: string;
}

/** Looks again until every TAP that is held has what follows from that, or two seconds are over. */
export async function settleCarriers(look: () => Carriers, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (isUnsettled(look()) && performance.now() < deadline) {
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** Something that the kernel may still be about to say: carrier of a held TAP, its port's state, the bridge's carrier. */
export function isUnsettled({ links, held, bridge: name }: Carriers): boolean {
  const bridge = links.find((link) => link.name === name);
  const taps = links.filter((link) => isOurPort(link) && link.up);
  const waiting = taps.filter((tap) => !tap.carrier || (bridge && isWaitedFor(tap, bridge)));
  if (waiting.length === 0) return false;
  const holders = held();
  return waiting.some((tap) => holders.has(tap.name));
}

/** A port of a bridge that is up forwards, and then the bridge has carrier. */
const isWaitedFor = ({ master, port }: LinkFacts, bridge: LinkFacts): boolean =>
  bridge.up && master === bridge.index && (port?.state !== FORWARDING || !bridge.carrier);
