import { Ipv4, LinkName, MacAddress, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { VmmSpec } from "../vmm.ts";
import { coldStartRequests, type Tuning } from "./cold-start.ts";
import { parseVersion } from "./version.ts";

const SPEC: VmmSpec = {
  vmId: VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa"),
  vcpus: 2,
  memoryMib: 512,
  kernel: "/images/i/kernel",
  initrd: "/vms/v/initrd",
  commandLine: "console=ttyS0 quiet",
  disks: [
    { path: "/images/i/rootfs", readOnly: true },
    { path: "/vms/v/overlay.img", readOnly: false },
  ],
  address: {
    slot: 3,
    tap: LinkName.parse("bv-3"),
    mac: MacAddress.parse("02:fc:00:00:00:03"),
    ip: Ipv4.parse("192.0.2.3"),
    prefix: 24,
    gateway: Ipv4.parse("192.0.2.1"),
  },
  mtu: 1400,
  uid: 200_003,
  runDir: "/run/b/v",
  logs: { console: "/vms/v/console.log", vmm: "/vms/v/vmm.log" },
  logLimitBytes: 1,
  accelerator: "kvm",
};
const FREE: Tuning = { diskMibPerSecond: 0, networkMibPerSecond: 0, balloon: false };
const requests = (change: Partial<Tuning> = {}, version = "1.16.1", arch = "x64") =>
  coldStartRequests({
    spec: SPEC,
    version: parseVersion(`Firecracker v${version}`, "fc"),
    tuning: { ...FREE, ...change },
    arch,
  });
const bodyOf = (path: string, list = requests()) => list.find((one) => one.path === path)?.body;

describe("what is asked of a fresh Firecracker", () => {
  test("ends with the start, and holds no path of the host", () => {
    const list = requests({ balloon: true });
    expect(list.map(({ path }) => path)).toEqual([
      "/machine-config",
      "/boot-source",
      "/drives/disk0",
      "/drives/disk1",
      "/network-interfaces/eth0",
      "/vsock",
      "/entropy",
      "/balloon",
      "/actions",
    ]);
    for (const own of ["/images/", "/vms/", "/run/b"]) expect(JSON.stringify(list)).not.toContain(own);
  });

  test("is the same for every VM of an image but for TAP, MAC and command line", () => {
    expect(bodyOf("/boot-source")).toMatchObject({ kernel_image_path: "/kernel", initrd_path: "/initrd" });
    expect(bodyOf("/vsock")).toEqual({ guest_cid: 3, uds_path: "/v.sock" });
    expect(bodyOf("/drives/disk0")).toEqual({
      drive_id: "disk0",
      path_on_host: "/disk0",
      is_root_device: false,
      is_read_only: true,
    });
  });

  test("lets the guest's flushes through to the overlay", () => {
    expect(bodyOf("/drives/disk1")).toMatchObject({ is_read_only: false, cache_type: "Writeback" });
  });

  test("holds the MTU only for a version that knows it", () => {
    expect(bodyOf("/network-interfaces/eth0")).toMatchObject({ host_dev_name: "bv-3", mtu: 1400 });
    expect(bodyOf("/network-interfaces/eth0", requests({}, "1.15.0"))).not.toHaveProperty("mtu");
  });

  test("holds rate limiters only where rates are configured", () => {
    expect(JSON.stringify(requests())).not.toContain("rate_limiter");
    const limited = requests({ diskMibPerSecond: 50, networkMibPerSecond: 10 });
    const network = { bandwidth: { size: 10 * 1_048_576, refill_time: 1000 } };
    expect(bodyOf("/network-interfaces/eth0", limited)).toMatchObject({
      rx_rate_limiter: network,
      tx_rate_limiter: network,
    });
    expect(bodyOf("/drives/disk0", limited)).toMatchObject({
      rate_limiter: { bandwidth: { size: 50 * 1_048_576, refill_time: 1000 } },
    });
  });

  test("tells the guest how to end its VM", () => {
    const x86 = "console=ttyS0 quiet reboot=k browservm.poweroff=reboot";
    expect(bodyOf("/boot-source")).toMatchObject({ boot_args: x86 });
    const arm = requests({}, "1.16.1", "arm64");
    expect(bodyOf("/boot-source", arm)).toMatchObject({
      boot_args: "console=ttyS0 quiet browservm.poweroff=reboot",
    });
  });
});

test("the version is read from Firecracker and jailer, and from nothing else", () => {
  expect(parseVersion("Firecracker v1.16.1\n\n2026-11-22T23:53:17 exit_code=0\n", "f")).toEqual({
    major: 1,
    minor: 16,
    text: "1.16.1",
  });
  expect(parseVersion("Jailer v1.17.0-dev\n", "j")).toMatchObject({ minor: 17, text: "1.17.0-dev" });
  for (const output of ["", "QEMU emulator version 7.2", "Firecracker", "not Firecracker v1.2.3"])
    expect(() => parseVersion(output, "x")).toThrow(expect.objectContaining({ code: "VMM_UNSUPPORTED" }));
});
