import type { NeighbourFacts } from "../../../net/facts.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

/** Says nothing of a MAC. */
const SILENT: ReadonlySet<string> = new Set(["none", "incomplete", "failed"]);

/** Entries that no packet changes. */
export const isFixed = ({ state }: NeighbourFacts): boolean => state === "permanent" || state === "noarp";

/** What the host believes about the guest's MAC, among these entries. */
export const beliefAbout = (
  { host, vm }: VmSubject,
  neighbours: readonly NeighbourFacts[],
): NeighbourFacts | undefined =>
  neighbours.find(
    ({ ip, ifindex, mac, state }) =>
      ip === vm.address.ip && ifindex === host.bridge?.index && mac !== undefined && !SILENT.has(state),
  );

/** A neighbour as `ip neigh` tells it. */
export const describeNeighbour = ({ mac, state }: NeighbourFacts, bridge: string): string =>
  `dev ${bridge} lladdr ${mac ?? "none"} ${state.toUpperCase()}`;
