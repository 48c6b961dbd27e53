import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { bridgeNetfilter } from "./bridge-netfilter.ts";
import { conntrackFull } from "./conntrack-full.ts";
import { foreignArpDrop } from "./foreign-arp-drop.ts";
import { foreignBridgeDrop } from "./foreign-bridge-drop.ts";
import { foreignForwardDrop } from "./foreign-forward-drop.ts";
import { foreignInputDrop } from "./foreign-input-drop.ts";
import { foreignNetdevDrop } from "./foreign-netdev-drop.ts";
import { foreignOutputDrop } from "./foreign-output-drop.ts";
import { foreignRawDrop } from "./foreign-raw-drop.ts";
import { foreignRuleSuspect } from "./foreign-rule-suspect.ts";
import { guestSpoofs } from "./guest-spoofs.ts";
import { legacyIptablesDrop } from "./legacy-iptables-drop.ts";
import { rulesAltered } from "./rules-altered.ts";
import { rulesElement } from "./rules-element.ts";
import { rulesMissing } from "./rules-missing.ts";

export const FIREWALL_HOST_CHECKS: readonly Check<HostSight>[] = [
  rulesMissing,
  rulesAltered,
  foreignInputDrop,
  foreignOutputDrop,
  foreignForwardDrop,
  foreignBridgeDrop,
  foreignNetdevDrop,
  foreignArpDrop,
  foreignRawDrop,
  legacyIptablesDrop,
  bridgeNetfilter,
  conntrackFull,
  foreignRuleSuspect,
];
export const FIREWALL_VM_CHECKS: readonly Check<VmSubject>[] = [rulesElement, guestSpoofs];
