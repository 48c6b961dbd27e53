import type { VmAddress } from "@browservm/contract";
import { BrowserVmError } from "@browservm/contract";
import type { HostNetwork } from "../../net/host-network.ts";

const FORWARDING = 3; // BR_STATE_FORWARDING, linux/if_bridge.h
const PING_BYTES = 56;
const PING_MS = 1000;

export interface PathSubject {
  readonly address: VmAddress;
  readonly network: Pick<HostNetwork, "plan" | "look">;
  /** Multiplies the deadline that the guest must keep. */
  readonly patience: number;
}

/** R3 and R6 of the gate in small, for again and again: carrier, port, route, one ping, MAC. GATE_ATTACH, GATE_PATH_UNREACHABLE. */
export async function provePath({ address, network, patience }: PathSubject): Promise<void> {
  const { look, plan } = network;
  const tap = look.link(address.tap);
  if (!tap?.carrier || tap.port?.state !== FORWARDING)
    throw new BrowserVmError("GATE_ATTACH", `${address.tap} has no carrier or does not forward`);
  const route = look.route(address.ip);
  if (route?.dev !== plan.bridge)
    throw new BrowserVmError("GATE_PATH_UNREACHABLE", `${address.ip} goes by ${route?.dev ?? "no link"}`);
  const pong = await look.ping(address.ip, {
    payloadBytes: PING_BYTES,
    dontFragment: false,
    timeoutMs: PING_MS * patience,
  });
  if (!pong.ok)
    throw new BrowserVmError("GATE_PATH_UNREACHABLE", `ping to ${address.ip}: ${pong.error ?? "no answer"}`);
  const mac = look.neighbour(address.ip)?.mac;
  if (mac !== address.mac)
    throw new BrowserVmError("GATE_PATH_UNREACHABLE", `${address.ip} is at ${mac ?? "no MAC"}`);
}
