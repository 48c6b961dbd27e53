import { type Seen, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { findTap, isForwarding } from "../tap/find-tap.ts";

/**
 * What the counters of the probe say when packets reach a TAP in order and nobody takes them; undefined when they are
 * taken, or when anything else could have kept them from the TAP.
 */
export function unreadPackets(subject: VmSubject): Seen | undefined {
  const { host, vm } = subject;
  const tap = findTap(subject);
  const over = vm.probe?.tap;
  const bridge = host.packets.get(host.plan.bridge);
  if (!tap || !over || !bridge || !vm.probe || vm.probe.sent === 0) return undefined;
  const isInOrder = isForwarding(tap, host.bridge) && tap.txQueueLength > 0 && !mayDrop(host, tap.name);
  const isUnread = over.tx === 0 && bridge.tx > 0 && vm.probe.toGuest.pings.every(({ ok }) => !ok);
  if (!isInOrder || !isUnread) return undefined;
  return seen(
    "counters",
    `${host.plan.bridge} and ${tap.name} over the probe`,
    `bridge tx +${bridge.tx}, TAP tx +0, TAP tx_dropped +${over.txDropped}`,
  );
}

/** Filters between bridge and TAP would look the same. */
function mayDrop({ tcFilters, ruleset, target }: HostSight, tap: string): boolean {
  if (!tcFilters || !ruleset) return true;
  const own = new Set(target.tables.map(({ family, name }) => `${family} ${name}`));
  return (
    tcFilters.some(({ link, direction, drops }) => link === tap && direction === "egress" && drops) ||
    ruleset.chains.some(
      ({ family, table, hook }) =>
        hook !== undefined && ["bridge", "netdev"].includes(family) && !own.has(`${family} ${table}`),
    )
  );
}
