import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { checksumLost } from "./checksum-lost.ts";
import { checksumLostToGuest } from "./checksum-lost-to-guest.ts";
import { portBlocked } from "./port-blocked.ts";
import { portFloodOff } from "./port-flood-off.ts";
import { portLocked } from "./port-locked.ts";
import { portNotIsolated } from "./port-not-isolated.ts";
import { tapAddress } from "./tap-address.ts";
import { tapDown } from "./tap-down.ts";
import { tapEgressFilter } from "./tap-egress-filter.ts";
import { tapHeldByOther } from "./tap-held-by-other.ts";
import { tapIngressFilter } from "./tap-ingress-filter.ts";
import { tapMissing } from "./tap-missing.ts";
import { tapMtu } from "./tap-mtu.ts";
import { tapNoVnetHdr } from "./tap-no-vnet-hdr.ts";
import { tapNotHeld } from "./tap-not-held.ts";
import { tapNotPersistent } from "./tap-not-persistent.ts";
import { tapOrphan } from "./tap-orphan.ts";
import { tapOwner } from "./tap-owner.ts";
import { tapQueueLength } from "./tap-queue-length.ts";
import { tapReplaced } from "./tap-replaced.ts";
import { tapWrongBridge } from "./tap-wrong-bridge.ts";
import { tapWrongKind } from "./tap-wrong-kind.ts";
import { vnetHeaderSize } from "./vnet-header-size.ts";

export const TAP_CHECKS: readonly Check<VmSubject>[] = [
  tapReplaced,
  tapMissing,
  tapWrongKind,
  tapNotPersistent,
  tapOwner,
  tapHeldByOther,
  tapNotHeld,
  tapDown,
  tapOrphan,
  tapWrongBridge,
  tapMtu,
  tapQueueLength,
  tapAddress,
  portBlocked,
  portNotIsolated,
  portFloodOff,
  portLocked,
  tapIngressFilter,
  tapEgressFilter,
  tapNoVnetHdr,
  vnetHeaderSize,
  checksumLost,
  checksumLostToGuest,
];
