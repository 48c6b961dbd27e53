import { describe, expect, test } from "vitest";
import { codesWith, findingOf, rootCauses } from "../../testing/diagnose-all.ts";
import { healthyHost } from "../../testing/healthy-sight.ts";

const settings = (path: string, value: string) => ({
  host: { sysctls: new Map([...healthyHost().sysctls, [path, value]]) },
});
const accelerator = (name: string, reason: string) => ({
  host: { accelerator: { name, driver: "qemu", reason } },
});

describe("settings of the kernel", () => {
  test("that make faults hard to see are named with value and plan", () => {
    const over = settings("net/ipv4/conf/fcbr0/rp_filter", "0");
    expect(rootCauses(over)).toEqual(["network-settings"]);
    expect(findingOf("network-settings", over).cause).toBe("net.ipv4.conf.fcbr0.rp_filter is 0, not 1.");
    expect(rootCauses(settings("net/ipv4/conf/fcbr0/proxy_arp", "1"))).toEqual(["network-settings"]);
  });

  test("that serve as well, and those with a check of their own, are not its finding", () => {
    expect(rootCauses(settings("net/ipv4/conf/fcbr0/arp_ignore", "2"))).toEqual([]);
    expect(rootCauses(settings("net/bridge/bridge-nf-call-iptables", "1"))).toEqual([]);
    expect(rootCauses(settings("net/ipv4/conf/fcbr0/forwarding", "0"))).toEqual(["forwarding-off"]);
  });
});

test("leftovers and other link managers are warnings; container engines are no link managers", () => {
  expect(codesWith("warn", { host: { leftovers: ["TAP bv-200"] } })).toEqual(["leftovers"]);
  const managers = ["NetworkManager (pid 412)"];
  expect(codesWith("warn", { host: { managers } })).toEqual(["link-manager"]);
  expect(codesWith("warn", { host: { managers: ["dockerd (pid 9)", "firewalld (pid 8)"] } })).toEqual([]);
});

test("KVM that opens and boots nothing is told; emulation that was asked for is not", () => {
  const told = accelerator("tcg", "KVM opens but the kernel said nothing in 10 s; emulating");
  expect(codesWith("warn", told)).toEqual(["kvm-does-not-boot"]);
  expect(codesWith("warn", accelerator("tcg", "`vmm.accelerator` is `tcg`"))).toEqual([]);
});
