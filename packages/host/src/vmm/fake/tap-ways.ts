import { ALL_OFFLOADS, type TapOpening, VNET_HEADER_BYTES } from "../../linux/tun.ts";

/** What a VMM does with its TAP: opens it, and puts something before each frame. */
export interface TapBehaviour {
  /** undefined: it is never opened. */
  readonly opening: TapOpening | undefined;
  /** The name is opened after its TAP was deleted: the kernel then makes one that is down and ends with us. */
  readonly withoutTap?: boolean;
  /** TUN_F_* that the guest's driver was offered. */
  readonly guestOffloads: number;
  /** Bytes cut from the front of what the guest sends; its own header has 12. */
  readonly cutFromGuest: number;
  /** Bytes cut from the front of what the host sends, before `padToGuest` zeros are put there. */
  readonly cutFromHost: number;
  readonly padToGuest: number;
}

const UNTOUCHED = { cutFromGuest: 0, cutFromHost: 0, padToGuest: 0 };
const WITHOUT_HEADER = { cutFromGuest: VNET_HEADER_BYTES, cutFromHost: 0, padToGuest: VNET_HEADER_BYTES };
const with12 = { headerBytes: VNET_HEADER_BYTES, offloads: ALL_OFFLOADS };
const SHORT_HEADER_BYTES = 10; // sizeof(struct virtio_net_hdr), linux/virtio_net.h
const NEVER_OPENED = { opening: undefined, guestOffloads: 0, ...UNTOUCHED };

/** The rows of network-facts.md §1, and the openings that never come. */
export const TAP_WAYS = {
  /** As Firecracker and QEMU do. */
  firecracker: { opening: with12, guestOffloads: ALL_OFFLOADS, ...UNTOUCHED },
  /** Without virtio headers, and the guest knows it: slow, but sound. */
  "no-header": { opening: { headerBytes: 0, offloads: 0 }, guestOffloads: 0, ...WITHOUT_HEADER },
  /** The guest leaves checksums to us, and we throw its header away. */
  "lost-header": { opening: { headerBytes: 0, offloads: 0 }, guestOffloads: ALL_OFFLOADS, ...WITHOUT_HEADER },
  /** Offloads of an earlier opener stayed on the TAP: the host leaves checksums to a guest that knows nothing of it. */
  "stale-offload": {
    opening: { headerBytes: 0, offloads: ALL_OFFLOADS },
    guestOffloads: 0,
    ...WITHOUT_HEADER,
  },
  /** We write headers that the kernel takes for the frame. */
  "unknown-header": { opening: { headerBytes: 0, offloads: 0 }, guestOffloads: 0, ...UNTOUCHED },
  /** The kernel expects 10 bytes, we use 12. */
  "header-10": {
    opening: { headerBytes: SHORT_HEADER_BYTES, offloads: ALL_OFFLOADS },
    guestOffloads: 0,
    ...UNTOUCHED,
  },
  /** The kernel expects 12 bytes, we use 10. */
  "header-12": {
    opening: with12,
    guestOffloads: 0,
    cutFromGuest: VNET_HEADER_BYTES - SHORT_HEADER_BYTES,
    cutFromHost: SHORT_HEADER_BYTES,
    padToGuest: VNET_HEADER_BYTES,
  },
  /** The name did not exist when we opened it. */
  "without-tap": { opening: with12, withoutTap: true, guestOffloads: ALL_OFFLOADS, ...UNTOUCHED },
  never: NEVER_OPENED,
} as const satisfies Record<string, TapBehaviour>;

export type TapWay = keyof typeof TAP_WAYS;
