import { Ipv4 } from "@browservm/contract";
import { expect, test } from "vitest";
import { kernelIp } from "./kernel-ip.ts";

const address = { ip: Ipv4.parse("10.1.2.3"), gateway: Ipv4.parse("10.1.0.1"), prefix: 20 };

test("the ip= parameter holds address, gateway, netmask, host name and resolvers", () => {
  expect(kernelIp(address, "vm_abcdefghijklmnop", ["9.9.9.9"])).toBe(
    "ip=10.1.2.3::10.1.0.1:255.255.240.0:vm-abcdefghijkl:eth0:off:9.9.9.9:",
  );
});

test("a /30 has the netmask of two hosts", () => {
  expect(kernelIp({ ...address, prefix: 30 }, "vm_a", [])).toContain(":255.255.255.252:");
});
