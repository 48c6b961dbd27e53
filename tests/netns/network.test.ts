import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeFd } from "../../packages/host/src/linux/libc.ts";
import { attachTap } from "../../packages/host/src/linux/tun.ts";
import { connects, must, sh } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork, traces } from "./test-network.ts";

let test1: TestNetwork;
beforeEach(async () => {
  test1 = await openTestNetwork();
});
afterEach(async () => {
  await test1[Symbol.asyncDispose]();
});

/** The steps that `ensure` takes now. */
async function stepsTaken(): Promise<string[]> {
  const steps: string[] = [];
  const network = await test1.reopen({ onStep: (step) => steps.push(step.do) });
  await network.ensure();
  return steps;
}

describe("making the network", () => {
  test("twice is nothing, and the bridge is as planned", async () => {
    expect(await stepsTaken()).toContain("createBridge");
    expect(await stepsTaken()).toEqual([]);
    const { plan, look } = test1.network;
    expect(look.link("fcbr0")).toMatchObject({
      kind: "bridge",
      mac: plan.bridgeMac,
      addressAssignType: 3,
      up: true,
      bridge: { stp: false, vlanFiltering: false },
    });
    expect(look.route("10.77.0.9")).toEqual({ dev: "fcbr0", src: "10.77.0.1" });
  });

  test.each([
    ["the bridge", () => must("ip", "link", "del", "fcbr0"), "createBridge"],
    ["the gateway's address", () => must("ip", "addr", "flush", "dev", "fcbr0"), "addGateway"],
    ["the bridge table", () => must("nft", "delete", "table", "bridge", "browservm"), "loadRules"],
    ["the policy table", () => must("nft", "delete", "table", "inet", "browservm"), "loadRules"],
    ["one rule", () => must("nft", "flush", "chain", "inet", "browservm", "input"), "loadRules"],
    ["a VM's element", () => must("nft", "flush", "set", "bridge", "browservm", "macs"), "admit"],
    ["the bridge's MAC", () => must("ip", "link", "set", "fcbr0", "address", "06:11:11:11:11:11"), "setLink"],
    ["the bridge's state", () => must("ip", "link", "set", "fcbr0", "down"), "setLink"],
    ["STP off", () => must("ip", "link", "set", "fcbr0", "type", "bridge", "stp_state", "1"), "plainBridge"],
    ["a TAP's master", () => must("ip", "link", "set", "bv-0", "nomaster"), "plugPort"],
    ["a TAP's isolation", () => must("bridge", "link", "set", "dev", "bv-0", "isolated", "off"), "setPort"],
    ["the canary's port", () => must("ip", "link", "del", "bvm-canary"), "startCanary"],
    [
      "the canary's isolation",
      () => must("bridge", "link", "set", "dev", "bvm-canary", "isolated", "off"),
      "plugPort",
    ],
    ["a setting", async () => writeFileSync("/proc/sys/net/ipv4/conf/fcbr0/rp_filter", "0"), "setSysctl"],
  ])("lost: %s; mended by the next run", async (_what, lose, mendedBy) => {
    const { network } = test1;
    await network.ensure();
    const address = network.reserve(newVmId());
    await network.plug(address, 200_000);
    await lose();
    expect(await stepsTaken()).toContain(mendedBy);
    expect(await stepsTaken()).toEqual([]);
    expect(network.look.link("bv-0")).toMatchObject({ port: { isolated: true }, up: true });
    expect(await network.look.firewall(address)).toMatchObject({ member: true });
    await connects("10.77.0.254", 7777);
  });

  test("a death before any step is finished by the next run", async () => {
    const all = new Set<string>(await stepsTaken());
    for (const fatal of all) {
      await test1.network.dismantle();
      const dying = await test1.reopen({
        onStep: (step) => {
          if (step.do === fatal) throw new Error("killed");
        },
      });
      await expect(dying.ensure()).rejects.toThrow("killed");
      expect(await stepsTaken()).toContain(fatal);
      expect(await stepsTaken()).toEqual([]);
    }
  });

  test("a hostd after a restart finds the canary again, and replaces one that was killed", async () => {
    await test1.network.ensure();
    const pid = await canaryPid();
    expect(await stepsTaken()).toEqual([]);
    expect(await canaryPid()).toBe(pid);
    process.kill(Number(pid), "SIGKILL");
    await expect.poll(canaryPid).toBe("");
    expect(await stepsTaken()).toEqual(["startCanary"]);
  });

  test("a bridge name that belongs to something else is refused by name", async () => {
    await must("ip", "link", "add", "fcbr0", "type", "veth", "peer", "name", "fcbr0p");
    await expect(test1.network.ensure()).rejects.toMatchObject({ code: "TAP_NAME_TAKEN" });
    await must("ip", "link", "del", "fcbr0");
  });

  test("a range that the machine routes is CIDR_CLASH with a free suggestion, and nothing is made", async () => {
    await must("ip", "link", "add", "lan0", "type", "bridge");
    await must("ip", "addr", "add", "10.0.0.1/8", "dev", "lan0");
    await must("ip", "link", "set", "lan0", "up");
    const before = await traces();
    await expect(test1.network.ensure()).rejects.toMatchObject({
      code: "CIDR_CLASH",
      details: { suggestion: "192.168.100.0/24" },
    });
    expect(await traces()).toEqual(before);
    await must("ip", "link", "del", "lan0");
  });

  test("a route that takes guests' packets away is removed once the network is in use", async () => {
    await test1.network.ensure();
    await must("ip", "route", "add", "10.77.0.9/32", "dev", "lo");
    expect(await stepsTaken()).toEqual(["removeRoute"]);
    expect(test1.network.look.route("10.77.0.9")).toMatchObject({ dev: "fcbr0" });
  });
});

describe("VMs' links", () => {
  test("plugging and unplugging leave TAP, elements and neighbour entry behind only while plugged", async () => {
    const { network } = test1;
    await network.ensure();
    const before = await traces();
    const address = network.reserve(newVmId());
    await must("ip", "neigh", "add", address.ip, "lladdr", "02:00:00:00:00:99", "dev", "fcbr0");
    await network.plug(address, 200_000);
    expect(network.look.neighbour(address.ip)).toBeUndefined();
    expect(network.look.link(address.tap)).toMatchObject({ up: true });
    await network.unplug(address);
    await network.unplug(address);
    expect(await traces()).toEqual(before);
  });

  test("a failing firewall leaves no TAP", async () => {
    const { network } = test1;
    await network.ensure();
    await must("nft", "delete", "table", "inet", "browservm");
    const address = network.reserve(newVmId());
    await expect(network.plug(address, 200_000)).rejects.toMatchObject({ code: "FIREWALL_REFUSED" });
    expect(network.look.link(address.tap)).toBeUndefined();
  });

  test("a held TAP is never pulled away", async () => {
    const { network } = test1;
    await network.ensure();
    const address = network.reserve(newVmId());
    await network.plug(address, 200_000);
    const fd = attachTap(address.tap);
    const busy = { code: "TAP_BUSY", details: { pid: process.pid } };
    await expect(network.unplug(address)).rejects.toMatchObject(busy);
    await expect(network.dismantle()).rejects.toMatchObject(busy);
    expect(await network.reclaim(new Set())).toEqual([]);
    expect(network.look.link(address.tap)).toBeDefined();
    expect(network.addressOf).toBeDefined();
    closeFd(fd);
  });

  test("what belongs to no VM is reclaimed, what belongs to one stays", async () => {
    const { network } = test1;
    await network.ensure();
    const [alive, dead] = [newVmId(), newVmId()];
    const kept = network.reserve(alive);
    const lost = network.reserve(dead);
    await network.plug(kept, 200_000);
    await network.plug(lost, 200_001);
    const removed = await network.reclaim(new Set([alive]));
    expect(removed).toEqual(expect.arrayContaining(["bv-1", "address 10.77.0.3"]));
    expect(network.addressOf(dead)).toBeUndefined();
    expect(await network.look.firewall(kept)).toMatchObject({ member: true });
    expect(await network.look.firewall(lost)).toMatchObject({ member: false });
    expect(await network.reclaim(new Set([alive]))).toEqual([]);
    const { output } = await sh("nft", "list", "set", "inet", "browservm", "closed");
    expect(output).toContain("10.0.0.0/8");
  });

  test("a released address rests before it is given again", async () => {
    const { network } = test1;
    const id = newVmId();
    const first = network.reserve(id);
    network.release(id);
    expect(network.slots()).toMatchObject({ used: 0, resting: 1 });
    expect(network.reserve(newVmId()).ip).not.toBe(first.ip);
  });

  test("many VMs at one time are plugged and unplugged side by side", async () => {
    const { network } = test1;
    await network.ensure();
    const before = await traces();
    const addresses = Array.from({ length: 20 }, () => network.reserve(newVmId()));
    await Promise.all(addresses.map((address) => network.plug(address, 200_000 + address.slot)));
    for (const address of addresses)
      expect(await network.look.firewall(address)).toMatchObject({ member: true });
    await Promise.all(addresses.map((address) => network.unplug(address)));
    expect(await traces()).toEqual(before);
  });
});

test("rules that were altered by hand, and foreign rules that drop us, are seen", async () => {
  const { network } = test1;
  await network.ensure();
  const address = network.reserve(newVmId());
  await must("nft", "add", "rule", "inet", "browservm", "input", "accept");
  await must("nft", "add", "table", "ip", "other");
  await must("nft", "add chain ip other in { type filter hook input priority 0; policy drop; }");
  const { loaded, planned, foreign } = await network.look.firewall(address);
  expect(loaded).toBe(`${planned} altered in input`);
  expect(foreign).toEqual(["table ip other, chain in (input): policy drop"]);
  await must("nft", "delete", "table", "ip", "other");
});

async function canaryPid(): Promise<string> {
  const { output } = await sh("pgrep", "-f", `socat -lp ${test1.runDir}/canary/`);
  return output.includes("Error") ? "" : output.trim();
}
