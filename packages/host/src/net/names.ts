import { createHash } from "node:crypto";
import { LinkName, MacAddress } from "@browservm/contract";
import { toNumber } from "./ipv4.ts";

/** All TAPs of VMs are named by their slot, so a name can never mean two of them. */
export const TAP_PREFIX = "bv-";
export const tapName = (slot: number): LinkName => LinkName.parse(`${TAP_PREFIX}${slot}`);
export const slotOfTap = (name: string): number | undefined => {
  const digits = /^bv-(\d{1,5})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** The guest's end of a veth pair, as it is named until it is in the guest. At most 15 bytes, and never a TAP's name. */
export const peerName = (tap: string): string => `${tap}p`;

/** Link group of our TAPs ("bv"): says that a link is ours, and lists or deletes them in one call. */
export const TAP_GROUP = 0x6276;

/** The first unprivileged uid that VMMs run as; slot n gets UID_BASE + n. */
export const UID_BASE = 200_000;
export const slotUid = (slot: number): number => UID_BASE + slot;

/** The bridge port behind which the canary listens. Not a TAP name: the anti-spoof rules are for guests. */
export const CANARY_PORT = LinkName.parse("bvm-canary");

const hex = (bytes: readonly number[]): MacAddress =>
  MacAddress.parse(bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":"));

/** A guest's MAC: locally administered (bit 1 of the first byte, IEEE 802), unique because its IPv4 address is. */
export function guestMac(ip: string): MacAddress {
  const number = toNumber(ip);
  return hex([0x02, 0xfc, number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff]);
}

/** The bridge's MAC: always the same for this bridge of this machine, never equal to a guest's. */
export function bridgeMac(bridge: string, machineId: string): MacAddress {
  const digest = createHash("sha256").update(`${machineId}/${bridge}`).digest();
  return hex([0x06, ...digest.subarray(0, 5)]);
}

/** Name of the uplink's link on the machine's side; one per namespace of ours, at most 15 bytes. */
export const uplinkOnMachine = (namespaceName: string): string =>
  `bvm-${createHash("sha256").update(namespaceName).digest("hex").slice(0, 8)}`;

/** Name of the uplink's link inside the namespace. */
export const UPLINK_INSIDE = "uplink0";
