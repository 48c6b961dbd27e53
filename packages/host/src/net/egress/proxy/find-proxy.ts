import { isIPv4 } from "node:net";
import { BrowserVmError } from "@browservm/contract";
import { NEVER_RANGES } from "../../firewall/closed-ranges.ts";
import type { NetworkPlan } from "../../host-network.ts";
import { contains, parseRange } from "../../ipv4.ts";
import { askResolvers } from "../resolvers-client.ts";
import type { ResolveProxy } from "./dial-proxy.ts";

/** Where no proxy is asked, whoever names it: hostd must not knock for a guest at its machine, metadata or other guests. */
const NEVER = [...NEVER_RANGES, "169.254.0.0/16"].map(parseRange);
const MOST_ADDRESSES = 4;

/** Finds proxies by the guests' resolvers. PROXY_UNREACHABLE for an address that no proxy may have. */
export function findProxy({ dns, cidr }: Pick<NetworkPlan, "dns" | "cidr">): ResolveProxy {
  const forbidden = [...NEVER, parseRange(cidr)];
  return async (host) => {
    const ips = isIPv4(host) ? [host] : await addressesOf(host, dns);
    const closed = ips.find((ip) => forbidden.some((range) => contains(range, ip)));
    if (closed)
      throw new BrowserVmError("PROXY_UNREACHABLE", `${closed} is no address that a proxy may have`);
    return ips;
  };
}

async function addressesOf(name: string, resolvers: readonly string[]): Promise<string[]> {
  const answer = await askResolvers(resolvers, { name, type: "A" });
  return (answer?.answers ?? [])
    .flatMap((one) => (one.type === "A" ? [one.data] : []))
    .slice(0, MOST_ADDRESSES);
}
