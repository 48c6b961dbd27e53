import { BrowserVmError, type Ipv4, type VmAddress } from "@browservm/contract";
import { type Ipv4Range, parseRange, sizeOf, toIpv4 } from "./ipv4.ts";
import { guestMac, tapName } from "./names.ts";

const SMALLEST_PREFIX = 20;
const LARGEST_PREFIX = 30;

/** Who gets which address of the range: gateway first, then the guests by slot, the canary last. */
export interface AddressPlan {
  readonly range: Ipv4Range;
  readonly gateway: Ipv4;
  /** Absent in a /30, which has room for one guest only. */
  readonly canary?: Ipv4;
  /** Slots are 0 … slotCount - 1. */
  readonly slotCount: number;
  addressOf(slot: number): VmAddress;
}

/** Lays out an IPv4 range from /30 to /20; anything else is BAD_CONFIG. */
export function planAddresses(cidr: string): AddressPlan {
  const range = parseRange(cidr);
  const { base, prefix } = range;
  if (!(prefix >= SMALLEST_PREFIX && prefix <= LARGEST_PREFIX)) {
    throw new BrowserVmError("BAD_CONFIG", `network.cidr: ${cidr} is not between /30 and /20`, { cidr });
  }
  const gateway = toIpv4(base + 1);
  const hasCanary = prefix < LARGEST_PREFIX;
  const lastUsable = base + sizeOf(prefix) - 2;
  const slotCount = sizeOf(prefix) - 3 - (hasCanary ? 1 : 0);
  return {
    range,
    gateway,
    ...(hasCanary ? { canary: toIpv4(lastUsable) } : {}),
    slotCount,
    addressOf(slot) {
      if (slot < 0 || slot >= slotCount) throw new RangeError(`slot ${slot} is not in ${cidr}`);
      const ip = toIpv4(base + 2 + slot);
      return { slot, tap: tapName(slot), mac: guestMac(ip), ip, prefix, gateway };
    },
  };
}
