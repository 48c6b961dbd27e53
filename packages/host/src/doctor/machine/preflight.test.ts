import { resolveConfig } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { PREFLIGHT } from "./checks.ts";
import type { Machine } from "./machine.ts";
import { preflight } from "./preflight.ts";

type Fault = Partial<Machine> & { env?: Record<string, string>; text?: Record<string, string> };

const STATUS = "CapEff:\t000001ffffffffff\n";

function machine({ env = {}, text = {}, ...fault }: Fault = {}): Machine {
  const files: Record<string, string> = {
    "/proc/self/status": STATUS,
    "/proc/meminfo": "MemAvailable:   16000000 kB\n",
    ...text,
  };
  return {
    config: resolveConfig({ env }).config,
    processor: "x64",
    uid: 0,
    isRunning: false,
    readText: async (path) => files[path],
    openDevice: async () => "ok",
    which: async (program) => `/usr/bin/${program}`,
    output: async (program) => (program === "nft" ? '{"nftables":[]}' : "[]"),
    freeMib: async () => 50_000,
    tryListen: async () => "ok",
    ...fault,
  };
}

const troubled = async (fault: Fault) =>
  (await preflight(machine(fault))).checks
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ code, verdict }) => `${code}: ${verdict}`);

test("a machine in order passes every check", async () => {
  const report = await preflight(machine());
  expect(report.verdict).toBe("pass");
  expect(report.checks).toHaveLength(PREFLIGHT.length);
});

describe("each fault is explained by exactly one check", () => {
  const route = (dst: string, dev: string) => async (program: string) =>
    program === "nft"
      ? '{"nftables":[]}'
      : JSON.stringify([
          { dst: "default", dev: "eth0" },
          { dst, dev },
        ]);
  const docker =
    '{"nftables":[{"chain":{"family":"ip","table":"filter","name":"FORWARD","hook":"forward","policy":"drop"}}]}';
  const faults: Array<[string, Fault, string]> = [
    ["not root", { uid: 1000 }, "root-privileges: fail"],
    [
      "root without CAP_NET_ADMIN",
      { text: { "/proc/self/status": "CapEff:\t0000000000200000\n" } },
      "root-privileges: fail",
    ],
    ["no capabilities to read", { text: { "/proc/self/status": "" } }, "root-privileges: unknown"],
    [
      "no /dev/net/tun",
      { openDevice: async (path) => (path === "/dev/net/tun" ? "ENOENT" : "ok") },
      "tun-device: fail",
    ],
    ["no KVM", { openDevice: async (path) => (path === "/dev/kvm" ? "EACCES" : "ok") }, "kvm-access: warn"],
    [
      "no KVM though it is asked for",
      {
        env: { BROWSERVM_VMM__ACCELERATOR: "kvm" },
        openDevice: async (path) => (path === "/dev/kvm" ? "EACCES" : "ok"),
      },
      "kvm-access: fail",
    ],
    [
      "no QEMU",
      { which: async (program) => (program.startsWith("qemu") ? undefined : program) },
      "vmm-program: fail",
    ],
    [
      "no nft",
      { which: async (program) => (program === "nft" ? undefined : program) },
      "network-programs: fail",
    ],
    [
      "no mmdebstrap",
      { which: async (program) => (program === "mmdebstrap" ? undefined : program) },
      "image-programs: fail",
    ],
    ["little disk", { freeMib: async () => 5000 }, "disk-space: warn"],
    ["no disk", { freeMib: async () => 500 }, "disk-space: fail"],
    ["no memory", { text: { "/proc/meminfo": "MemAvailable: 500000 kB\n" } }, "memory: fail"],
    [
      "a taken port",
      { tryListen: async (_, port) => (port === 4000 ? "EADDRINUSE" : "ok") },
      "ports-free: fail",
    ],
    ["a route to the guests' range", { output: route("192.168.0.0/16", "eth1") }, "cidr-free: fail"],
    [
      "Docker's forward policy",
      { output: async (program) => (program === "nft" ? docker : "[]") },
      "foreign-firewall: warn",
    ],
  ];
  test.each(faults)("%s", async (_, fault, expected) => {
    expect(await troubled(fault)).toEqual([expected]);
  });
});

test("what belongs to a running BrowserVM is no fault", async () => {
  const busy = { isRunning: true, tryListen: async () => "EADDRINUSE" };
  expect(await troubled(busy)).toEqual([]);
});

test("a check that hangs is unknown, never a pass", async () => {
  const hangs = { code: "hangs", title: "It ends", look: () => new Promise<never>(() => {}) };
  const report = await preflight(machine(), { checks: [hangs], timeoutMs: 20 });
  expect(report).toMatchObject({ verdict: "unknown", checks: [{ evidence: "it took longer than 20 ms" }] });
});

test("every check that does not pass names a fix", async () => {
  const broken = machine({
    uid: 1,
    openDevice: async () => "ENOENT",
    which: async () => undefined,
    output: () => Promise.reject(new Error("broken")),
    freeMib: async () => 0,
    tryListen: async () => "EADDRINUSE",
    text: { "/proc/meminfo": "" },
  });
  const { checks } = await preflight(broken);
  expect(checks.filter(({ verdict, fix }) => verdict !== "pass" && !fix)).toEqual([]);
});
