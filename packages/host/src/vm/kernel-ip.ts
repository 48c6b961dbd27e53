import type { VmAddress } from "@browservm/contract";

/**
 * The kernel's `ip=` parameter (Documentation/admin-guide/nfs/nfsroot.rst):
 * client:server:gateway:netmask:hostname:device:autoconf:dns0:dns1. Stock kernels of Debian and Ubuntu ignore it
 * (CONFIG_IP_PNP is off); our own initramfs reads it.
 */
export function kernelIp(
  { ip, gateway, prefix }: Pick<VmAddress, "ip" | "gateway" | "prefix">,
  vmId: string,
  dns: readonly string[],
): string {
  return `ip=${[ip, "", gateway, netmask(prefix), guestHostname(vmId), "eth0", "off", dns[0] ?? "", dns[1] ?? ""].join(":")}`;
}

/** What a guest calls itself, e.g. "vm-a2b3c4d5e6f7". */
export const guestHostname = (vmId: string): string => vmId.replace("_", "-").slice(0, 15);

function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}
