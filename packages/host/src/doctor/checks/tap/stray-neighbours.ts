import type { LinkFacts } from "../../../net/facts.ts";
import { type Seen, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

/** That the host knows the guest on the TAP itself, which it cannot when the TAP is a port of the bridge. */
export function strayNeighbours(tap: LinkFacts, { host, vm }: VmSubject): Seen[] {
  return host.neighbours
    .filter(({ ip, ifindex }) => ip === vm.address.ip && ifindex === tap.index)
    .map(({ ip, mac, state }) =>
      seen("netlink", `neighbour ${ip}`, `dev ${tap.name} ${mac ?? "no MAC"} ${state}`),
    );
}
