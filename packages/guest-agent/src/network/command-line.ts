import type { NetworkSettings } from "./network-settings.ts";

/**
 * The kernel's `ip=` parameter (Documentation/admin-guide/nfs/nfsroot.rst):
 * `ip=<client>:<server>:<gateway>:<netmask>:<hostname>:<device>:<autoconf>:<dns0>:<dns1>`. Stock cloud kernels ignore it,
 * so we read it ourselves. `browservm.mtu=` goes with it. Undefined when there is none, or it is not a static address.
 */
export function networkOfCommandLine(commandLine: string): Omit<NetworkSettings, "mac"> | undefined {
  const words = commandLine.trim().split(/\s+/);
  const value = words.findLast((word) => word.startsWith("ip="))?.slice("ip=".length);
  const [address = "", , gateway = "", netmask = "", , , , ...dns] = value?.split(":") ?? [];
  const prefix = prefixOf(netmask);
  if (!isIpv4(address) || !isIpv4(gateway) || prefix === undefined) return undefined;
  const mtu = Number(
    words.findLast((word) => word.startsWith("browservm.mtu="))?.slice("browservm.mtu=".length),
  );
  return {
    address,
    prefix,
    gateway,
    dns: dns.filter(isIpv4).slice(0, 2),
    mtu: mtu >= 576 && mtu <= 9000 ? mtu : 1500,
  };
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

function prefixOf(netmask: string): number | undefined {
  if (!isIpv4(netmask)) return undefined;
  const bits = netmask
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}
