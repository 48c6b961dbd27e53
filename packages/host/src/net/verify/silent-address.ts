import { BrowserVmError } from "@browservm/contract";
import type { NetworkLook } from "../host-network.ts";

/** How long a second holder of an address may take to answer ARP, in milliseconds. */
export const ARP_WAIT_MS = 40;

/** Before the VM runs, nobody may answer at its address (RFC 5227 in small). GATE_PLAN. */
export async function silentAddress(look: NetworkLook, ip: string): Promise<void> {
  const answers = await look.arp(ip, ARP_WAIT_MS);
  if (answers.length > 0)
    throw new BrowserVmError("GATE_PLAN", `${ip} is already answered by ${answers.join(", ")}`, {
      ip,
      answers,
    });
}
