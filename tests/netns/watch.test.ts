import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must, sh } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { startForeign, WatchUnderTest } from "./watch-under-test.ts";

/** Noticed within 500 ms of an event, repaired within 2 s; what has no event is swept every 2 s. */
const WITH_EVENT_MS = 2000;
const SWEPT_MS = 4500;

const TAP = "bv-0";
const IP = "10.77.0.2";
const ip = (...args: string[]) => must("ip", ...args);
const port = (...args: string[]) => must("bridge", "link", "set", "dev", TAP, ...args);
const bridge = (...args: string[]) => ip("link", "set", "fcbr0", "type", "bridge", ...args);
const sysctl = async (path: string, value: string) => writeFileSync(`/proc/sys/net/${path}`, value);

let under: WatchUnderTest;

describe("what breaks is repaired", () => {
  beforeAll(async () => {
    under = await WatchUnderTest.start();
    await ip("link", "add", "other0", "type", "bridge");
  });
  afterAll(async () => {
    await ip("link", "del", "other0");
    await under[Symbol.asyncDispose]();
    for (const row of measured) process.stdout.write(`${row}\n`);
  });
  const measured: string[] = [];

  /** code, what is done, the most that the repair may take, and whose it is. */
  test.each<[string, string, () => Promise<unknown>, number, "vm" | "host"]>([
    ["tap-orphan", "a TAP without master", () => ip("link", "set", TAP, "nomaster"), WITH_EVENT_MS, "vm"],
    [
      "tap-wrong-bridge",
      "a TAP on another bridge",
      () => ip("link", "set", TAP, "master", "other0"),
      WITH_EVENT_MS,
      "vm",
    ],
    ["tap-down", "a TAP that is down", () => ip("link", "set", TAP, "down"), WITH_EVENT_MS, "vm"],
    ["tap-mtu", "a TAP with another MTU", () => ip("link", "set", TAP, "mtu", "1400"), WITH_EVENT_MS, "vm"],
    [
      "tap-queue-length",
      "a TAP without a queue",
      () => ip("link", "set", TAP, "txqueuelen", "0"),
      SWEPT_MS,
      "vm",
    ],
    [
      "tap-address",
      "an address on a TAP",
      () => ip("addr", "add", "10.77.0.9/24", "dev", TAP),
      WITH_EVENT_MS,
      "vm",
    ],
    ["port-blocked", "a port that is switched off", () => port("state", "0"), SWEPT_MS, "vm"],
    ["port-not-isolated", "a port that is not isolated", () => port("isolated", "off"), WITH_EVENT_MS, "vm"],
    [
      "port-flood-off",
      "a port that neither floods nor learns",
      () => port("flood", "off", "learning", "off"),
      WITH_EVENT_MS,
      "vm",
    ],
    [
      "route-stolen",
      "a route to the guest by its TAP",
      () => ip("route", "add", `${IP}/32`, "dev", TAP),
      WITH_EVENT_MS,
      "vm",
    ],
    [
      "route-stolen",
      "a blackhole for the guest",
      () => ip("route", "add", "blackhole", `${IP}/32`),
      WITH_EVENT_MS,
      "vm",
    ],
    [
      "route-overlap",
      "half of our range by another link",
      () => ip("route", "add", "10.77.0.0/25", "dev", "lo"),
      WITH_EVENT_MS,
      "host",
    ],
    [
      "route-stolen",
      "our own route gone",
      () => ip("route", "del", "10.77.0.0/24", "dev", "fcbr0"),
      WITH_EVENT_MS,
      "host",
    ],
    [
      "neighbour-permanent",
      "a wrong neighbour set by hand",
      () => ip("neigh", "replace", IP, "lladdr", "02:00:00:00:00:99", "dev", "fcbr0"),
      WITH_EVENT_MS,
      "vm",
    ],
    [
      "neighbour-wrong",
      "a stale neighbour",
      () => ip("neigh", "replace", IP, "lladdr", "02:00:00:00:00:98", "nud", "reachable", "dev", "fcbr0"),
      WITH_EVENT_MS,
      "vm",
    ],
    ["bridge-down", "a bridge that is down", () => ip("link", "set", "fcbr0", "down"), WITH_EVENT_MS, "host"],
    [
      "bridge-address",
      "a bridge without its address",
      () => ip("addr", "flush", "dev", "fcbr0"),
      WITH_EVENT_MS,
      "host",
    ],
    [
      "bridge-mac",
      "another MAC",
      () => ip("link", "set", "fcbr0", "address", "06:11:11:11:11:11"),
      WITH_EVENT_MS,
      "host",
    ],
    ["bridge-stp", "STP", () => bridge("stp_state", "1"), WITH_EVENT_MS, "host"],
    [
      "bridge-arp-off",
      "a bridge without ARP",
      () => ip("link", "set", "fcbr0", "arp", "off"),
      WITH_EVENT_MS,
      "host",
    ],
    [
      "bridge-mtu",
      "a bridge with another MTU",
      () => ip("link", "set", "fcbr0", "mtu", "1300"),
      WITH_EVENT_MS,
      "host",
    ],
    ["bridge-missing", "a bridge that is gone", () => ip("link", "del", "fcbr0"), WITH_EVENT_MS, "host"],
    ["canary-dead", "the canary's port gone", () => ip("link", "del", "bvm-canary"), WITH_EVENT_MS, "host"],
    ["rules-missing", "no rules at all", () => must("nft", "flush", "ruleset"), WITH_EVENT_MS, "host"],
    [
      "rules-altered",
      "a chain without its rules",
      () => must("nft", "flush", "chain", "inet", "browservm", "input"),
      WITH_EVENT_MS,
      "host",
    ],
    [
      "rules-element",
      "a VM that is in no set",
      () => must("nft", "flush", "set", "bridge", "browservm", "macs"),
      WITH_EVENT_MS,
      "vm",
    ],
    [
      "forwarding-off",
      "forwarding off",
      () => sysctl("ipv4/conf/fcbr0/forwarding", "0"),
      WITH_EVENT_MS,
      "host",
    ],
    ["network-settings", "a setting", () => sysctl("ipv4/conf/fcbr0/send_redirects", "1"), SWEPT_MS, "host"],
  ])("%s: %s", async (code, what, harm, most, whose) => {
    const { repair, ms } = await under.repairOf(code, harm);
    measured.push(`${code.padEnd(20)} ${what.padEnd(40)} ${ms.toFixed(0).padStart(6)} ms`);
    expect(repair).toMatchObject({ outcome: "repaired", suspects: [] });
    expect(repair.vmId).toBe(whose === "vm" ? under.vmId : undefined);
    expect(repair.step).not.toBe("");
    expect(repair.cause).not.toBe("");
    expect(ms).toBeLessThan(most);
    expect(await under.test.network.keeper.missing()).toEqual([]);
    expect(await under.guest.pings("10.77.0.1")).toBe(true);
    expect((await sh("ping", "-c", "1", "-W", "2", IP)).ok).toBe(true);
  });

  test.runIf(existsSync("/sys/class/net/lo") && existsSync("/proc/sys/net/bridge"))(
    "bridge-netfilter: frames through iptables",
    async () => {
      const { repair } = await under.repairOf("bridge-netfilter", () =>
        sysctl("bridge/bridge-nf-call-iptables", "1"),
      );
      expect(repair.outcome).toBe("repaired");
    },
  );

  test("a bridge that another program deletes and makes anew gets everything back", async () => {
    const script = "ip link del fcbr0; ip link add fcbr0 type bridge; ip link set fcbr0 up";
    await under.repairOf("tap-orphan", () => must("sh", "-c", script)).catch(() => undefined);
    await expect.poll(() => under.test.network.keeper.missing(), { timeout: 5000 }).toEqual([]);
    expect(under.test.network.look.link("fcbr0")).toMatchObject({ addressAssignType: 3 });
    await expect.poll(() => under.guest.pings("10.77.0.1"), { timeout: 5000 }).toBe(true);
  });

  test("two faults at one time are two repairs", async () => {
    const { repair } = await under.repairOf("tap-down", () =>
      must("sh", "-c", `ip link set ${TAP} down; nft flush set bridge browservm guests`),
    );
    expect(repair.outcome).toBe("repaired");
    await under.until(() => under.repairs.list().find(({ code }) => code === "rules-element"));
  });
});

describe("what does no harm is left alone", () => {
  beforeAll(async () => {
    under = await WatchUnderTest.start();
  });
  afterAll(() => under[Symbol.asyncDispose]());

  test.each<[string, string[]]>([
    ["learning off alone", ["bridge", "link", "set", "dev", TAP, "learning", "off"]],
    ["no flood of broadcasts", ["bridge", "link", "set", "dev", TAP, "bcast_flood", "off"]],
    ["proxy ARP on a port", ["sh", "-c", `echo 1 > /proc/sys/net/ipv4/conf/${TAP}/proxy_arp`]],
    ["arp_ignore 2", ["sh", "-c", "echo 2 > /proc/sys/net/ipv4/conf/fcbr0/arp_ignore"]],
    [
      "a link of somebody else",
      ["sh", "-c", "ip link add x0 type bridge; ip link set x0 up; ip link del x0"],
    ],
    ["a route elsewhere", ["sh", "-c", "ip route add 10.99.0.0/16 dev lo; ip route del 10.99.0.0/16 dev lo"]],
    ["rules of somebody else", ["sh", "-c", "nft add table ip foreign; nft delete table ip foreign"]],
    ["a neighbour that is forgotten", ["sh", "-c", `ip neigh flush dev fcbr0 || true`]],
    ["the VMM's own carrier changes", ["ip", "link", "set", "bvm-canary", "mtu", "1500"]],
  ])("%s", async (_what, harm) => {
    await must(...harm);
    await sleep(300);
    expect(under.events).toEqual([]);
  });

  test("VMs that come and go, side by side, are no faults; nothing is told in a whole sweep", async () => {
    const { network } = under.test;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const vmId = newVmId();
        const address = network.reserve(vmId);
        await network.plug(address, 200_000);
        await sleep(50);
        await network.unplug(address);
        network.release(vmId);
      }),
    );
    await sleep(2300);
    expect(under.events).toEqual([]);
  });
});

describe("what cannot be repaired", () => {
  test("a TAP that is deleted under its VMM is told at once, and no new one is made", async () => {
    await using one = await WatchUnderTest.start();
    const { repair, ms } = await one.repairOf("tap-missing", () => ip("link", "del", TAP));
    expect(repair).toMatchObject({ outcome: "not-repairable", vmId: one.vmId, step: "" });
    expect(ms).toBeLessThan(500);
    expect(one.lost).toEqual([
      { vmId: one.vmId, tap: TAP, isReplaced: false, cause: expect.stringContaining(TAP) },
    ]);
    await sleep(100);
    expect(one.events).toHaveLength(1);
  });

  test("a port whose VM is being ended may go before it is unplugged", async () => {
    await using one = await WatchUnderTest.start();
    one.test.network.letGo(one.address);
    await ip("link", "del", TAP);
    await sleep(300);
    expect([one.events, one.lost]).toEqual([[], []]);
  });

  test("a TAP that is deleted and made anew by name is another one", async () => {
    await using one = await WatchUnderTest.start();
    const script = `ip link del ${TAP}; ip tuntap add ${TAP} mode tap`;
    // Seen between the two it is missing, seen after both it is replaced; told once either way.
    await must("sh", "-c", script);
    await one.until(() => one.lost[0]);
    await sleep(100);
    expect(one.lost).toHaveLength(1);
    await ip("link", "del", TAP);
  });
});

describe("a program that undoes the repair", () => {
  test("is not fought: we wait, name it, and repair for good when it ends", async () => {
    await using one = await WatchUnderTest.start();
    const orphans = () => one.repairs.list().filter(({ code }) => code === "tap-orphan").length;
    {
      await using _breaker = await startForeign(one, `ip link set ${TAP} nomaster 2>/dev/null; sleep 0.05`);
      const held = await one.until(
        () => one.repairs.list().find(({ outcome }) => outcome === "held-off"),
        10_000,
      );
      expect(held).toMatchObject({ code: "tap-orphan", vmId: one.vmId, step: "" });
      expect(held.suspects.join()).toContain("ip link set");
      const before = orphans();
      await sleep(1500);
      expect(orphans()).toBeLessThanOrEqual(before + 1);
    }
    await expect
      .poll(() => one.test.network.keeper.missing(), { timeout: 20_000, interval: 200 })
      .toEqual([]);
    expect(await one.guest.pings("10.77.0.1")).toBe(true);
  });

  test("that changes nftables is named by the kernel", async () => {
    await using one = await WatchUnderTest.start();
    await using _flusher = await startForeign(one, "nft flush ruleset; sleep 0.1");
    const held = await one.until(
      () => one.repairs.list().find(({ outcome }) => outcome === "held-off"),
      10_000,
    );
    expect(held.code).toBe("rules-missing");
    expect(held.suspects[0]).toMatch(/^nft \(pid \d+\) changed nftables/);
  });
});

describe("network.heal: never", () => {
  test("faults are told once each and nothing is done, until a person asks", async () => {
    await using one = await WatchUnderTest.start({ heal: "never" });
    await ip("link", "set", TAP, "nomaster");
    await one.until(() => one.events[0]);
    await sleep(2300);
    expect(one.events).toEqual([
      {
        subject: one.vmId,
        type: "network.fault",
        data: { code: "tap-orphan", cause: expect.any(String), step: `plug ${TAP} into fcbr0` },
      },
    ]);
    expect(one.test.network.look.link(TAP)).toMatchObject({ master: 0 });
    await one.watch.mendAsked(() => true);
    expect(await one.test.network.keeper.missing()).toEqual([]);
    expect(one.repairs.list()).toMatchObject([{ code: "tap-orphan", outcome: "repaired" }]);
  });
});
