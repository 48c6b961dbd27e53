import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GuestParams, silentProgress } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import type { Guest } from "../../packages/host/src/guest/guest.ts";
import { openVmm } from "../../packages/host/src/vmm/drivers.ts";
import { fakeChangesOf } from "../../packages/host/src/vmm/run-dir.ts";
import { canFreeze, type Freezer, type VmMonitor } from "../../packages/host/src/vmm/vmm.ts";
import { VmmBench } from "./vmm-fixtures.ts";

const { driver } = openVmm("fake");
const log = pino({ level: "silent" });
const GATEWAY = "192.0.2.254";
const HELLO = {
  vmId: "vm_aaaaaaaaaaaaaaaaaaaa",
  nonce: "n-1",
  token: "t-1",
  hostTime: "2026-01-01T00:00:00.000Z",
};

interface FakeVm {
  readonly vmm: VmMonitor & Freezer;
  readonly guest: Guest;
  readonly bench: VmmBench;
}

let running: AsyncDisposable[] = [];
let frozen: string;
beforeEach(async () => {
  frozen = await mkdtemp(join(tmpdir(), "bvm-frozen-"));
});
afterEach(async () => {
  for (const each of running.toReversed()) await each[Symbol.asyncDispose]();
  running = [];
  await rm(frozen, { recursive: true });
});

async function launch(words: string, restore?: "own" | "shared"): Promise<FakeVm> {
  const bench = await VmmBench.make("/no/kernel", "idle", { fake: words });
  running.push(bench);
  const spec = restore ? { ...bench.spec, restore: { directory: frozen, use: restore } } : bench.spec;
  const vmm = await driver.launch(silentProgress(), spec);
  if (!canFreeze(vmm)) throw new Error("a fake VM can be frozen");
  const guest = connectGuest({ socketPath: vmm.controlSocket, log });
  running.push(guest);
  return { vmm, guest, bench };
}
const restore = (words = "") => launch(words, "shared");
const freeze = ({ vmm }: FakeVm) => vmm.freeze(silentProgress(), frozen);
const hello = (guest: Guest) => guest.call("hello", HELLO, { timeoutMs: 5000 });
const eth0 = async ({ guest }: FakeVm) =>
  (await guest.call("network.get", {}, { timeoutMs: 5000 })).links.find(({ name }) => name === "eth0");
const read = async ({ guest }: FakeVm, path: string) =>
  (await guest.call("files.get", { path, offset: 0, length: 1000 }, { timeoutMs: 5000 })).data;

function identityOf(bench: VmmBench): GuestParams<"identity.take"> {
  const { address, mtu, vmId } = bench.spec;
  return {
    hostname: vmId.replace("_", "-"),
    machineId: Buffer.from(vmId.slice(3, 19)).toString("hex"),
    seed: Buffer.from(vmId).toString("base64"),
    hostTime: new Date().toISOString(),
    network: {
      ...{ mac: address.mac, address: address.ip, prefix: address.prefix, gateway: address.gateway },
      ...{ dns: [], mtu },
    },
    files: [{ path: "/etc/browservm/session.env", mode: 0o600, data: "QT0x" }],
    browser: "renew",
    browserWindow: "tabs",
  };
}
/** Settles when the agent that executed itself anew has lost its epoch. */
async function takeIdentity({ guest, bench }: FakeVm) {
  const anew = Promise.withResolvers<void>();
  const forget = guest.onReset?.(anew.resolve);
  const taken = await guest.call("identity.take", identityOf(bench), { timeoutMs: 5000 });
  await anew.promise;
  forget?.();
  return taken;
}

/** A VM that was prepared and frozen; its process is gone. */
async function golden(words = "fake.browser=painted"): Promise<FakeVm> {
  const vm = await launch(words);
  await hello(vm.guest);
  await vm.guest.call("snapshot.prepare", {}, { timeoutMs: 5000 });
  await freeze(vm);
  await vm.vmm.kill();
  return vm;
}

describe("a frozen fake VM", () => {
  test("answers nothing until it is thawed, and then what it was asked meanwhile", async () => {
    const vm = await launch("");
    await hello(vm.guest);
    await freeze(vm);
    expect(await vm.vmm.status()).toBe("paused");
    await expect(vm.guest.call("display.info", {}, { timeoutMs: 300 })).rejects.toMatchObject({
      code: "AGENT_UNREACHABLE",
    });
    const later = vm.guest.call("display.info", {}, { timeoutMs: 5000 });
    await vm.vmm.thaw();
    expect(await later).toMatchObject({ width: 1280 });
    expect(await vm.vmm.status()).toBe("running");
  });

  test("goes on in another process with all that it knew", async () => {
    const first = await launch("fake.browser=painted");
    const { bootId } = await hello(first.guest);
    await first.guest.call("browser.navigate", { url: "https://a.example/" }, { timeoutMs: 5000 });
    await first.guest.call("display.resize", { width: 800, height: 600 }, { timeoutMs: 5000 });
    await first.guest.call("files.put", { path: "/a", offset: 0, data: "aGk=" }, { timeoutMs: 5000 });
    await freeze(first);
    await first.vmm.kill();
    const second = await launch("", "own");
    expect(await second.guest.call("browser.status", {}, { timeoutMs: 5000 })).toMatchObject({
      url: "https://a.example/",
      painted: true,
    });
    expect(await second.guest.call("display.info", {}, { timeoutMs: 5000 })).toMatchObject({ width: 800 });
    expect(await read(second, "/a")).toBe("aGk=");
    expect(await eth0(second)).toMatchObject({ mac: first.bench.spec.address.mac });
    expect(await hello(second.guest)).toMatchObject({ bootId });
  });

  test("whose freeze fails stands still, leaves nothing, and lives on when it is thawed", async () => {
    const vm = await launch("fake.freeze=disk-full");
    await hello(vm.guest);
    await expect(freeze(vm)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await vm.vmm.status()).toBe("paused");
    await expect(readFile(join(frozen, "state"))).rejects.toThrow();
    await vm.vmm.thaw();
    expect(await hello(vm.guest)).toMatchObject({ agentVersion: "fake" });
    await writeFile(fakeChangesOf(vm.bench.spec.runDir), JSON.stringify({ freeze: "ok" }));
    await freeze(vm);
  });

  test("that never comes to an end with its freeze is given up with its caller's patience", async () => {
    const vm = await launch("fake.freeze=hang");
    await expect(vm.vmm.freeze(silentProgress(AbortSignal.timeout(100)), frozen)).rejects.toThrow();
    expect(await vm.vmm.status()).toBe("paused");
  });

  test("that was cut, altered, or planned to be damaged is refused, and one of another size", async () => {
    await golden();
    await expect(restore("fake.restore=damaged")).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    const bench = await VmmBench.make("/no/kernel", "idle");
    running.push(bench);
    const other = { ...bench.spec, memoryMib: 999, restore: { directory: frozen, use: "shared" as const } };
    await expect(driver.launch(silentProgress(), other)).rejects.toMatchObject({ code: "SNAPSHOT_MISMATCH" });
    const state = await readFile(join(frozen, "state"), "utf8");
    await writeFile(join(frozen, "state"), state.replace("browservm", "Browservm"));
    await expect(restore()).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    await truncate(join(frozen, "state"), 100);
    await expect(restore()).rejects.toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });
});

describe("clones of a fake VM", () => {
  const UNIQUE = ["/etc/hostname", "/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub", "/dev/urandom"];

  test("are the same until each takes its own identity, and say hello anew then", async () => {
    const origin = await golden();
    const clones = [await restore(), await restore()] as const;
    for (const path of UNIQUE) expect(await read(clones[0], path)).toBe(await read(clones[1], path));
    for (const clone of clones) {
      expect(await eth0(clone)).toMatchObject({
        up: false,
        addresses: [],
        mac: origin.bench.spec.address.mac,
      });
      const { clockStepMs } = await takeIdentity(clone);
      // Its clock stood still from the freeze on.
      expect(clockStepMs).toBeGreaterThan(0);
    }
    const [first, second] = await Promise.all(clones.map((clone) => hello(clone.guest)));
    expect(first?.injected).toEqual([{ path: "/etc/browservm/session.env", state: "ok" }]);
    expect(first?.bootId).toBe(second?.bootId);
    for (const path of UNIQUE) expect(await read(clones[0], path)).not.toBe(await read(clones[1], path));
    for (const clone of clones) {
      const { mac, ip } = clone.bench.spec.address;
      expect(await eth0(clone)).toMatchObject({ up: true, mac, addresses: [`${ip}/24`] });
    }
  });

  test.each([
    ["hostname", "/etc/hostname"],
    ["machine-id", "/etc/machine-id"],
    ["host-key", "/etc/ssh/ssh_host_ed25519_key.pub"],
  ])("that is planned to forget its %s keeps the frozen one", async (part, path) => {
    await golden();
    const clone = await restore(`fake.forget=${part}`);
    const before = await read(clone, path);
    await takeIdentity(clone);
    await hello(clone.guest);
    expect(await read(clone, path)).toBe(before);
  });

  test("refuse their identity, or fall silent after it, when they are planned to", async () => {
    await golden();
    const stubborn = await restore("fake.identity=refuse");
    await expect(takeIdentity(stubborn)).rejects.toMatchObject({ code: "GUEST_CALL_FAILED" });
    const mute = await restore("fake.identity=mute");
    await mute.guest.call("identity.take", identityOf(mute.bench), { timeoutMs: 5000 });
    await expect(mute.guest.call("hello", HELLO, { timeoutMs: 500 })).rejects.toMatchObject({
      code: expect.stringContaining("AGENT_"),
    });
  });
});

describe("a fake VM with a network stack", () => {
  /** Frames that came out of the VM, counted by its TAP. */
  const framesOf = ({ bench }: FakeVm): number => {
    const { tap } = bench.spec.address;
    const [link] = JSON.parse(execFileSync("ip", ["-j", "-s", "link", "show", tap], { encoding: "utf8" }));
    return link.stats64.rx.packets;
  };
  const ip = (...args: string[]) => execFileSync("ip", args);
  const plugIn = ({ bench }: FakeVm) => {
    ip("address", "add", `${GATEWAY}/24`, "dev", bench.spec.address.tap);
    ip("link", "set", bench.spec.address.tap, "up");
  };
  const STACK = "fake.net=stack";
  const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

  test("that was prepared sends nothing before it has its own identity, and then reaches its gateway", async () => {
    await golden(STACK);
    const clone = await restore(STACK);
    plugIn(clone);
    await settle();
    expect(framesOf(clone)).toBe(0);
    expect(await eth0(clone)).toMatchObject({ up: false, addresses: [] });
    await takeIdentity(clone);
    await hello(clone.guest);
    const { mac, ip: address } = clone.bench.spec.address;
    expect(await eth0(clone)).toMatchObject({ up: true, mac, addresses: [`${address}/24`] });
    const echo = { address: GATEWAY, payloadBytes: 56, dontFragment: false, timeoutMs: 2000 };
    expect(await clone.guest.call("probe.ping", echo, { timeoutMs: 5000 })).toMatchObject({ ok: true });
  });

  test("that leaks speaks with the snapshot's identity at once, and so does a fork", async () => {
    const origin = await golden(STACK);
    const leaky = await restore(`${STACK} fake.restore=leak`);
    plugIn(leaky);
    await expect.poll(() => framesOf(leaky)).toBeGreaterThan(0);
    expect(await eth0(leaky)).toMatchObject({ up: true, mac: origin.bench.spec.address.mac });
    const used = await launch(STACK);
    await hello(used.guest);
    await freeze(used);
    const fork = await restore();
    ip("address", "flush", "dev", leaky.bench.spec.address.tap);
    plugIn(fork);
    await expect.poll(() => framesOf(fork)).toBeGreaterThan(0);
    expect(await eth0(fork)).toMatchObject({
      mac: used.bench.spec.address.mac,
      addresses: [`${used.bench.spec.address.ip}/24`],
    });
  });

  test("carries no frame while it is frozen", async () => {
    const vm = await launch(STACK);
    plugIn(vm);
    await hello(vm.guest);
    const ping = () => {
      try {
        ip("neighbour", "flush", "dev", vm.bench.spec.address.tap);
        execFileSync("ping", ["-c", "1", "-W", "1", vm.bench.spec.address.ip], { stdio: "ignore" });
        return true;
      } catch {
        return false; // ping's exit status 1: no answer
      }
    };
    expect(ping()).toBe(true);
    await freeze(vm);
    expect(ping()).toBe(false);
    await vm.vmm.thaw();
    await expect.poll(ping).toBe(true);
  });
});
