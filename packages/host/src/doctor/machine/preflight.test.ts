import { DoctorReport, resolveConfig } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { hostdRunning } from "../checks/machine/hostd-running.ts";
import { MACHINE_CHECKS, PREFLIGHT } from "./checks.ts";
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
    hostd: { is: "not-started" },
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
  (await preflight(machine(fault))).findings
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ code, verdict }) => `${code}: ${verdict}`);

test("a machine in order passes every check", async () => {
  const report = await preflight(machine());
  expect(DoctorReport.parse(report)).toMatchObject({
    verdict: "healthy",
    subject: "machine",
    rootCauses: [],
  });
  expect(report.findings).toHaveLength(PREFLIGHT.length);
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

test("beside VMs that run, little memory and disk is no fault but a warning", async () => {
  const full = {
    isRunning: true,
    freeMib: async () => 5,
    text: { "/proc/meminfo": "MemAvailable: 5000 kB\n" },
  };
  expect(await troubled(full)).toEqual(["disk-space: warn", "memory: warn"]);
});

test("without root it tells what it can, and that the rest is only for root: no fault of the machine", async () => {
  const report = await preflight(machine({ uid: 1000, openDevice: async () => "EACCES" }));
  expect(report).toMatchObject({ verdict: "unknown", rootCauses: [] });
  const closed = report.findings.filter(({ verdict }) => verdict === "unknown");
  expect(closed.map(({ code, suppressedBy }) => [code, suppressedBy])).toEqual([
    ["root-privileges", []],
    ["tun-device", ["root-privileges"]],
    ["kvm-access", ["root-privileges"]],
    ["namespaces", ["root-privileges"]],
    ["foreign-firewall", ["root-privileges"]],
  ]);
  expect(report.findings.filter(({ verdict }) => verdict === "pass")).toHaveLength(PREFLIGHT.length - 5);
});

test.each([
  ["answers", { is: "answering" }, "pass"],
  ["was never started", { is: "not-started" }, "skip"],
  ["should answer and does not", { is: "silent", why: "nobody answers" }, "unknown"],
] as const)("a hostd that %s", async (_, hostd, verdict) => {
  const report = await preflight(machine({ hostd }), { checks: MACHINE_CHECKS });
  expect(report.findings.find(({ code }) => code === "hostd-running")?.verdict).toBe(verdict);
  expect(report.verdict).toBe(verdict === "unknown" ? "unknown" : "healthy");
});

test("a check that hangs is unknown, never a pass", async () => {
  const { explanation } = hostdRunning;
  const hangs = { code: "hangs", title: "It ends", explanation, look: () => new Promise<never>(() => {}) };
  const report = await preflight(machine(), { checks: [hangs], timeoutMs: 20 });
  expect(report).toMatchObject({
    verdict: "unknown",
    findings: [{ cause: "it could not be looked at: it took longer than 20 ms" }],
  });
});

test("every check that does not pass names its cause, and where it could look what it saw and a fix", async () => {
  const broken = machine({
    openDevice: async () => "ENOENT",
    which: async () => undefined,
    output: () => Promise.reject(new Error("broken")),
    freeMib: async () => 0,
    tryListen: async () => "EADDRINUSE",
    text: { "/proc/meminfo": "" },
  });
  const { findings } = await preflight(broken);
  const troubles = findings.filter(({ verdict }) => verdict !== "pass");
  expect(troubles.length).toBeGreaterThan(8);
  expect(troubles.filter(({ cause }) => !cause)).toEqual([]);
  expect(troubles.filter(({ verdict, fix }) => verdict !== "unknown" && !fix)).toEqual([]);
  expect(troubles.filter(({ verdict, evidence }) => verdict === "fail" && evidence.length === 0)).toEqual([]);
});
