import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { bridgeAddress } from "./bridge-address.ts";
import { bridgeArpOff } from "./bridge-arp-off.ts";
import { bridgeDown } from "./bridge-down.ts";
import { bridgeFull } from "./bridge-full.ts";
import { bridgeMac } from "./bridge-mac.ts";
import { bridgeMacUnpinned } from "./bridge-mac-unpinned.ts";
import { bridgeMissing } from "./bridge-missing.ts";
import { bridgeMtu } from "./bridge-mtu.ts";
import { bridgeNoCarrier } from "./bridge-no-carrier.ts";
import { bridgeStp } from "./bridge-stp.ts";
import { bridgeVlanFiltering } from "./bridge-vlan-filtering.ts";
import { bridgeWrongKind } from "./bridge-wrong-kind.ts";
import { canaryDead } from "./canary-dead.ts";

export const BRIDGE_CHECKS: readonly Check<HostSight>[] = [
  bridgeMissing,
  bridgeWrongKind,
  bridgeDown,
  bridgeAddress,
  bridgeMac,
  bridgeMacUnpinned,
  bridgeStp,
  bridgeVlanFiltering,
  bridgeArpOff,
  bridgeMtu,
  bridgeFull,
  canaryDead,
  bridgeNoCarrier,
];
