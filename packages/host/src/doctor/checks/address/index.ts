import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { addressDuplicate } from "./address-duplicate.ts";
import { macElsewhere } from "./mac-elsewhere.ts";
import { neighbourPermanent } from "./neighbour-permanent.ts";
import { neighbourTableFull } from "./neighbour-table-full.ts";
import { neighbourWrong } from "./neighbour-wrong.ts";
import { routeOverlap } from "./route-overlap.ts";
import { routeStolen } from "./route-stolen.ts";
import { ruleDiverts } from "./rule-diverts.ts";

export const ADDRESS_HOST_CHECKS: readonly Check<HostSight>[] = [
  routeOverlap,
  ruleDiverts,
  neighbourTableFull,
];
export const ADDRESS_VM_CHECKS: readonly Check<VmSubject>[] = [
  routeStolen,
  neighbourPermanent,
  neighbourWrong,
  addressDuplicate,
  macElsewhere,
];
