import { expect, test } from "vitest";
import { networkOfCommandLine } from "./command-line.ts";
import { networkdFile } from "./network-settings.ts";

test("understands a static ip= with DNS and our MTU", () => {
  const line =
    "quiet ip=192.168.100.7::192.168.100.1:255.255.255.0:vm7:eth0:off:192.168.100.1:1.1.1.1 browservm.mtu=1400\n";
  expect(networkOfCommandLine(line)).toEqual({
    address: "192.168.100.7",
    prefix: 24,
    gateway: "192.168.100.1",
    dns: ["192.168.100.1", "1.1.1.1"],
    mtu: 1400,
  });
});

test("takes the last of several, and 1500 where no MTU is said", () => {
  const line = "ip=dhcp ip=10.0.0.2::10.0.0.1:255.255.255.252::eth0:off browservm.mtu=banana";
  expect(networkOfCommandLine(line)).toMatchObject({ address: "10.0.0.2", prefix: 30, dns: [], mtu: 1500 });
});

test.each([
  "",
  "quiet",
  "ip=dhcp",
  "ip=:::::eth0:dhcp",
  "ip=1.2.3.4",
  "ip=1.2.3.4::1.2.3.1:255.0.255.0",
  "ip=1.2.3.400::1.2.3.1:255.0.0.0",
])("finds no static address in %j", (line) => {
  expect(networkOfCommandLine(line)).toBeUndefined();
});

test("the networkd file matches by MAC and lets nothing else configure the link", () => {
  const text = networkdFile({
    mac: "02:00:00:00:00:07",
    address: "10.0.0.2",
    prefix: 24,
    gateway: "10.0.0.1",
    dns: ["10.0.0.1"],
    mtu: 1400,
  });
  for (const line of [
    "MACAddress=02:00:00:00:00:07",
    "Address=10.0.0.2/24",
    "Broadcast=no",
    "Gateway=10.0.0.1",
    "DNS=10.0.0.1",
    "MTUBytes=1400",
    "DHCP=no",
    "IPv6AcceptRA=no",
  ])
    expect(text.split("\n")).toContain(line);
});
