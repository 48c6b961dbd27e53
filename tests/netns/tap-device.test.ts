import { spawn } from "node:child_process";
import { once } from "node:events";
import { LinkName, MacAddress } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeFd } from "../../packages/host/src/linux/libc.ts";
import { LinkReaper } from "../../packages/host/src/linux/link-reaper.ts";
import {
  changeLink,
  createBridge,
  deleteGroup,
  deleteLink,
  findLink,
  listLinks,
} from "../../packages/host/src/linux/links.ts";
import { NetlinkSocket } from "../../packages/host/src/linux/netlink-socket.ts";
import { netnsIdOf, peerOf } from "../../packages/host/src/linux/peers.ts";
import { attachTap, createTap } from "../../packages/host/src/linux/tun.ts";
import type { LinkFacts } from "../../packages/host/src/net/facts.ts";
import { holdersOf, namespaceInode } from "../../packages/host/src/net/holders.ts";
import { tapName } from "../../packages/host/src/net/names.ts";
import { assertNotHeld, isOurPort, TapDevice } from "../../packages/host/src/net/tap-device.ts";
import { VethPort } from "../../packages/host/src/net/veth-port.ts";
import { findTapHolder } from "../../packages/host/src/vmm/tap-holder.ts";
import { end, must } from "./fake-guest.ts";

const bridge = "fcbr0";
let netlink: NetlinkSocket;
let reaper: LinkReaper;
const spec = (slot: number) => ({ name: tapName(slot), ownerUid: 200_000 + slot, bridge, mtu: 1500 });
const tools = () => ({ netlink, reaper });
const names = () => listLinks(netlink).map(({ name }) => name);

beforeAll(() => {
  netlink = new NetlinkSocket();
  reaper = new LinkReaper(netlink);
  createBridge(netlink, { name: bridge, mac: "06:00:00:00:00:01", mtu: 1500 });
  changeLink(netlink, bridge, { up: true });
});

afterAll(async () => {
  deleteLink(netlink, bridge);
  expect(names()).toEqual(["lo"]);
  await reaper[Symbol.asyncDispose]();
  netlink[Symbol.dispose]();
});

test("a TAP joins its bridge owned, isolated and up, and leaves no trace when disposed", async () => {
  {
    await using tap = await TapDevice.create(tools(), spec(0));
    const facts = findLink(netlink, tap.name);
    expect(facts).toMatchObject({
      kind: "tun",
      up: true,
      mtu: 1500,
      carrier: false,
      master: findLink(netlink, bridge)?.index,
      tun: {
        tap: true,
        persist: true,
        vnetHdr: true,
        multiQueue: false,
        ownerUid: 200_000,
        groupGid: 200_000,
      },
      port: { isolated: true },
    });
  }
  expect(names()).toEqual(["lo", bridge]);
});

test("the bridge keeps its MAC when ports come and go", async () => {
  const before = findLink(netlink, bridge)?.mac;
  await using tap = await TapDevice.create(tools(), spec(0));
  expect(findLink(netlink, bridge)?.mac).toBe(before);
  await tap[Symbol.asyncDispose]();
  expect(findLink(netlink, bridge)?.mac).toBe(before);
});

describe("a name that is taken", () => {
  test("by something else is TAP_NAME_TAKEN, and that stays", async () => {
    await must("ip", "link", "add", "bv-1", "type", "bridge");
    await expect(TapDevice.create(tools(), spec(1))).rejects.toMatchObject({ code: "TAP_NAME_TAKEN" });
    expect(findLink(netlink, "bv-1")?.kind).toBe("bridge");
    await must("ip", "link", "del", "bv-1");
  });

  test("by a TAP of an interrupted run is made anew", async () => {
    await TapDevice.create(tools(), spec(1));
    const before = findLink(netlink, "bv-1")?.index;
    await using tap = await TapDevice.create(tools(), spec(1));
    expect(findLink(netlink, tap.name)?.index).not.toBe(before);
  });

  test("by a TAP that a process holds is TAP_BUSY with that pid, and the TAP stays", async () => {
    await using tap = await TapDevice.create(tools(), spec(2));
    const holder = await holdInOtherProcess(tap.name);
    const busy = { code: "TAP_BUSY", details: { name: "bv-2", pid: holder.pid } };
    expect(holdersOf(tap.name)).toEqual([holder.pid]);
    expect(() => attachTap(tap.name)).toThrow(expect.objectContaining({ code: "TAP_BUSY" }));
    await expect(TapDevice.create(tools(), spec(2))).rejects.toMatchObject(busy);
    const link = findLink(netlink, tap.name);
    expect(() => link && assertNotHeld(link)).toThrow(expect.objectContaining(busy));
    await end(holder);
    expect(holdersOf(tap.name)).toEqual([]);
  });

  test("in another namespace as well is another TAP, whose holder is not named", async () => {
    await using undo = new AsyncDisposableStack();
    await must("ip", "netns", "add", "elsewhere");
    undo.defer(async () => void (await must("ip", "netns", "del", "elsewhere")));
    await must("ip", "-n", "elsewhere", "tuntap", "add", "bv-2", "mode", "tap");
    undo.adopt(await holdInOtherProcess("bv-2", ["ip", "netns", "exec", "elsewhere"]), end);
    await using tap = await TapDevice.create(tools(), spec(2));
    expect(await findTapHolder(tap.name)).toBeUndefined();
    const holder = undo.adopt(await holdInOtherProcess(tap.name), end);
    expect(await findTapHolder(tap.name)).toMatchObject({ pid: holder.pid });
    await undo.disposeAsync();
  });
});

describe("a veth for a guest with a namespace of its own", () => {
  const vethOf = (slot: number) => ({
    address: { tap: tapName(slot), mac: MacAddress.parse("02:fc:00:00:00:09") },
    bridge,
    mtu: 1400,
  });

  test("joins the bridge isolated and up; its other end waits down, with the guest's MAC", async () => {
    await using port = await VethPort.create(tools(), vethOf(6));
    const [own, peer] = [findLink(netlink, port.name), findLink(netlink, "bv-6p")];
    expect(own).toMatchObject({
      kind: "veth",
      up: true,
      carrier: false,
      mtu: 1400,
      port: { isolated: true },
    });
    expect(own && isOurPort(own)).toBe(true);
    expect(peer).toMatchObject({ up: false, mac: "02:fc:00:00:00:09", mtu: 1400 });
    expect(peer && isOurPort(peer)).toBe(false);
    // One that an interrupted run left is made anew.
    await VethPort.create(tools(), vethOf(6));
    expect(findLink(netlink, port.name)?.index).not.toBe(own?.index);
  });

  test("its other end is found in the guest, and told from one in a stranger's namespace", async () => {
    await using port = await VethPort.create(tools(), vethOf(6));
    const guest = await startInNamespace();
    const stranger = await startInNamespace();
    await must("ip", "link", "set", "bv-6p", "netns", String(guest.pid), "name", "eth0");
    const own = linkNamed(port.name);
    expect(peerOf(netlink, own)).toMatchObject({ name: "eth0", mac: "02:fc:00:00:00:09", up: false });
    expect(netnsIdOf(netlink, guest.pid ?? 0)).toBe(own.peer?.netnsId);
    expect(netnsIdOf(netlink, stranger.pid ?? 0)).not.toBe(own.peer?.netnsId);
    await end(guest);
    await end(stranger);
    await expect.poll(() => findLink(netlink, port.name)).toBeUndefined();
  });

  test("leaves nothing where the bridge is missing", async () => {
    await expect(VethPort.create(tools(), { ...vethOf(7), bridge: "nobridge0" })).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
    });
    expect(names()).toEqual(["lo", bridge]);
  });
});

test("a bridge that is missing leaves no half-made TAP", async () => {
  const orphan = { ...spec(3), bridge: "nobridge0" };
  await expect(TapDevice.create(tools(), orphan)).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  expect(names()).toEqual(["lo", bridge]);
});

test("a TAP has carrier exactly while it is held", async () => {
  await using tap = await TapDevice.create(tools(), spec(4));
  const fd = attachTap(tap.name);
  expect(findLink(netlink, tap.name)?.carrier).toBe(true);
  closeFd(fd);
  expect(findLink(netlink, tap.name)?.carrier).toBe(false);
});

test("the kernel refuses what makes no sense in its own words, as NETLINK_REFUSED", () => {
  expect(() => changeLink(netlink, "nolink0", { up: true })).toThrow(
    expect.objectContaining({
      code: "NETLINK_REFUSED",
      details: expect.objectContaining({ errno: "ENODEV" }),
    }),
  );
  expect(() => changeLink(netlink, bridge, { mtu: 1 })).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ kernel: expect.stringMatching(/mtu/i) }) }),
  );
});

test("250 TAPs are made, and removed as one group, without blocking the event loop for long", async () => {
  const taps = [];
  for (let slot = 0; slot < 250; slot++) taps.push(await TapDevice.create(tools(), spec(slot)));
  expect(names()).toHaveLength(252);
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const started = performance.now();
  await reaper.remove(taps.map(({ name }) => name));
  const tookMs = performance.now() - started;
  clearInterval(watch);
  expect(names()).toEqual(["lo", bridge]);
  // One by one it would be 250 x 15-24 ms.
  expect(tookMs).toBeLessThan(2500);
  expect(longest).toBeLessThan(1500);
});

test("a bridge without a free port is TOO_MANY_PORTS, and the TAP is gone again", async () => {
  const master = findLink(netlink, bridge)?.index ?? 0;
  for (let i = 0; i < 1023; i++) {
    createTap(`full-${i}`, { uid: 0, gid: 0 });
    changeLink(netlink, `full-${i}`, { master, group: 99 });
  }
  await expect(TapDevice.create(tools(), spec(0))).rejects.toMatchObject({ code: "TOO_MANY_PORTS" });
  expect(findLink(netlink, "bv-0")).toBeUndefined();
  deleteGroup(netlink, 99);
});

test("a name that Linux would cut is refused by its type", () => {
  expect(LinkName.safeParse("bv-1234567890123").success).toBe(false);
  expect(() => attachTap("bv-1234567890123")).toThrow(RangeError);
});

async function holdInOtherProcess(tap: string, within: readonly string[] = []) {
  const linux = new URL("../../packages/host/src/linux/tun.ts", import.meta.url).href;
  const script = `const { attachTap } = await import("${linux}"); attachTap("${tap}"); console.log("held"); setInterval(() => {}, 1000);`;
  const [program = "", ...args] = [...within, process.execPath, "--input-type=module", "-e", script];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

function linkNamed(name: string): LinkFacts {
  const link = findLink(netlink, name);
  if (!link) throw new Error(`there is no ${name}`);
  return link;
}

/** A process that is in a network namespace of its own when this settles. */
async function startInNamespace() {
  const child = spawn("unshare", ["--net", "--", "sleep", "60"], { stdio: "ignore" });
  await once(child, "spawn");
  await expect.poll(() => namespaceInode(child.pid ?? 0)).not.toBe(namespaceInode());
  return child;
}
