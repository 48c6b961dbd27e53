import type { Symptom } from "../../check.ts";

/** IP is dead, though both sides may still resolve each other. */
export const IP_PATH: readonly Symptom[] = ["ping", "tcp", "large-packets", "egress", "dns", "service"];

/** No packet gets to or from the guest. */
export const WHOLE_PATH: readonly Symptom[] = ["arp", ...IP_PATH];

/** The same, and links show NO-CARRIER. */
export const LINK_AND_PATH: readonly Symptom[] = ["carrier", ...WHOLE_PATH];
