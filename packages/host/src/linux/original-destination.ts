import type { Socket } from "node:net";
import { check, sys } from "./libc.ts";

const SOL_IP = 0; // bits/socket.h
const SO_ORIGINAL_DST = 80; // linux/netfilter_ipv4.h
const SOCKADDR_BYTES = 16; // struct sockaddr_in: family, port, address, padding

/** Where a connection was meant to go before a rule of ours redirected it here; its own target when none did. */
export function originalDestination(socket: Socket): { readonly ip: string; readonly port: number } {
  const address = Buffer.alloc(SOCKADDR_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(SOCKADDR_BYTES);
  check(sys.getsockopt(fdOf(socket), SOL_IP, SO_ORIGINAL_DST, address, length), "getsockopt");
  return { ip: address.subarray(4, 8).join("."), port: address.readUInt16BE(2) };
}

/** Node has no public name for it. */
function fdOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}
