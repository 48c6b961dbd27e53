import { expect, test } from "vitest";
import { linkOrders } from "./link-orders.ts";

test("a link loses its old address and neighbours before it comes up under its new MAC", () => {
  const settings = {
    mac: "02:fc:00:00:00:07",
    address: "192.168.100.7",
    prefix: 24,
    gateway: "192.168.100.1",
  };
  expect(linkOrders("eth0", { ...settings, dns: [], mtu: 1400 }).split("\n")).toEqual([
    "link set dev eth0 down",
    "address flush dev eth0",
    "neighbour flush dev eth0",
    "link set dev eth0 address 02:fc:00:00:00:07",
    "link set dev eth0 mtu 1400",
    "link set dev eth0 up",
    "address add 192.168.100.7/24 dev eth0",
    "route replace default via 192.168.100.1 dev eth0 proto static",
    "",
  ]);
});
