import type { Symptom } from "../../check.ts";

/** nft's families that see IPv4 above the link. */
export const IP: readonly string[] = ["ip", "inet"];

/** Host and guest do not reach each other by IP; ARP does not pass there. */
export const LOCAL: readonly Symptom[] = ["ping", "tcp", "large-packets", "service"];
