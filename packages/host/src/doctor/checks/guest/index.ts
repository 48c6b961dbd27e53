import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { guestAddressMissing } from "./guest-address-missing.ts";
import { guestAddressWrong } from "./guest-address-wrong.ts";
import { guestAuthorities } from "./guest-authorities.ts";
import { guestDiskFull } from "./guest-disk-full.ts";
import { guestFirewall } from "./guest-firewall.ts";
import { guestFrozen } from "./guest-frozen.ts";
import { guestGatewayWrong } from "./guest-gateway-wrong.ts";
import { guestLinkDown } from "./guest-link-down.ts";
import { guestLinkMissing } from "./guest-link-missing.ts";
import { guestMtuWrong } from "./guest-mtu-wrong.ts";
import { guestNeighbourWrong } from "./guest-neighbour-wrong.ts";
import { guestNotAnswering } from "./guest-not-answering.ts";
import { guestOutOfMemory } from "./guest-out-of-memory.ts";
import { guestPanic } from "./guest-panic.ts";
import { guestPrefixWrong } from "./guest-prefix-wrong.ts";
import { guestReadOnly } from "./guest-read-only.ts";
import { guestSilent } from "./guest-silent.ts";

export const GUEST_CHECKS: readonly Check<VmSubject>[] = [
  guestPanic,
  guestOutOfMemory,
  guestFrozen,
  guestSilent,
  guestDiskFull,
  guestReadOnly,
  guestAuthorities,
  guestLinkMissing,
  guestLinkDown,
  guestAddressMissing,
  guestAddressWrong,
  guestPrefixWrong,
  guestGatewayWrong,
  guestNeighbourWrong,
  guestMtuWrong,
  guestFirewall,
  guestNotAnswering,
];
