import type { NetworkSettings } from "./network-settings.ts";

/** For `ip -batch` (ip(8)): the link has no address, is down, and knows nobody. */
export const downOrders = (link: string): string =>
  [`link set dev ${link} down`, `address flush dev ${link}`, `neighbour flush dev ${link}`, ""].join("\n");

/** For `ip -batch`: the link is this VM's from now on. Address and route are as networkd would make them: it keeps them. */
export function linkOrders(link: string, { mac, mtu, address, prefix, gateway }: NetworkSettings): string {
  return [
    downOrders(link).trimEnd(),
    `link set dev ${link} address ${mac}`,
    `link set dev ${link} mtu ${mtu}`,
    `link set dev ${link} up`,
    `address add ${address}/${prefix} dev ${link}`,
    `route replace default via ${gateway} dev ${link} proto static`,
    "",
  ].join("\n");
}
