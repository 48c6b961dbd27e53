import { CHANNEL_SOCKET, Ipv4, LinkName, MacAddress, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { ociConfig } from "./oci-config.ts";
import { guestRoot, IDS_PER_GUEST } from "./places.ts";
import { seccompProfile } from "./seccomp.ts";

const configOf = (slot: number) =>
  ociConfig({
    vmId: VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa"),
    address: {
      slot,
      tap: LinkName.parse(`bv-${slot}`),
      mac: MacAddress.parse("02:fc:c0:a8:64:02"),
      ip: Ipv4.parse("192.168.100.2"),
      prefix: 24,
      gateway: Ipv4.parse("192.168.100.1"),
    },
  });
const mountAt = (destination: string) =>
  configOf(0).mounts.find((mount) => mount.destination === destination);

describe("the configuration of a container", () => {
  test("divides everything that can be divided, and lets nobody gain rights", () => {
    const { linux, process } = configOf(3);
    const kinds = linux.namespaces.map(({ type }) => type).toSorted();
    expect(kinds).toEqual(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"]);
    // Without a path each is the guest's own.
    expect(linux.namespaces.every((namespace) => Object.keys(namespace).length === 1)).toBe(true);
    expect(process.noNewPrivileges).toBe(true);
  });

  test("gives no two slots a user in common, and none of the machine's", () => {
    const [{ linux: first }, { linux: second }] = [configOf(0), configOf(1)];
    expect(first.uidMappings).toEqual(first.gidMappings);
    expect(first.uidMappings).toEqual([{ containerID: 0, hostID: guestRoot(0), size: IDS_PER_GUEST }]);
    expect(second.uidMappings[0]?.hostID).toBe(guestRoot(0) + IDS_PER_GUEST);
    // The largest network of ours is a /20; beyond 2^31 some programs take a uid for a negative number.
    expect(guestRoot(4095) + IDS_PER_GUEST).toBeLessThanOrEqual(2 ** 31);
  });

  test("keeps from root what reaches beyond its namespaces", () => {
    const { bounding } = configOf(0).process.capabilities;
    for (const name of [
      "SYS_MODULE",
      "SYS_RAWIO",
      "SYS_TIME",
      "SYSLOG",
      "BPF",
      "PERFMON",
      "MKNOD",
      "SYS_RESOURCE",
    ])
      expect(bounding).not.toContain(`CAP_${name}`);
  });

  test("brings no file of the machine that can be written but the directory of the control port", () => {
    const bound = configOf(0).mounts.filter(({ type }) => type === "bind");
    const writable = bound.filter(({ options }) => !options.includes("ro"));
    expect(writable.map(({ destination }) => `${destination}/control.sock`)).toEqual([CHANNEL_SOCKET]);
    expect(bound.every(({ options }) => options.includes("nosuid") && options.includes("nodev"))).toBe(true);
    expect(mountAt("/sys")?.options).toContain("ro");
  });

  test("names the link by an argument, never in the text of the hook", () => {
    const [hook] = configOf(7).hooks.createRuntime;
    expect(hook?.args.slice(3)).toEqual(["take-port", "bv-7p"]);
    expect(hook?.args[2]).not.toContain("bv-7");
  });
});

describe("the filter of system calls", () => {
  test("refuses with an error what reaches the kernel itself, and lets a sandbox be made", () => {
    const { defaultAction, syscalls } = seccompProfile("x64");
    const names = syscalls.flatMap((rule) => rule.names);
    expect([defaultAction, syscalls[0]?.action]).toEqual(["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"]);
    for (const name of ["bpf", "kexec_load", "init_module", "io_uring_setup", "keyctl", "open_by_handle_at"])
      expect(names).toContain(name);
    for (const name of ["clone", "clone3", "unshare", "chroot", "mount", "ptrace", "reboot", "seccomp"])
      expect(names).not.toContain(name);
    expect(new Set(names).size).toBe(names.length);
  });

  test("knows the calls of one architecture only", () => {
    expect(seccompProfile("x64").architectures).toEqual(["SCMP_ARCH_X86_64"]);
    expect(seccompProfile("arm64").architectures).toEqual(["SCMP_ARCH_AARCH64"]);
  });
});
