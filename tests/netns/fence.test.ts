import { afterEach, beforeEach, expect, test } from "vitest";
import { listFdb } from "../../packages/host/src/linux/fdb.ts";
import { plugPort } from "../../packages/host/src/net/tap-device.ts";
import { FakeGuest } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork } from "./test-network.ts";

let net: TestNetwork;
let guest: FakeGuest;

/** A VM whose guest already has an address, and sends from it, behind a fence. */
beforeEach(async () => {
  net = await openTestNetwork();
  await net.network.ensure();
  const address = net.network.reserve(newVmId());
  await net.network.fence(address, 200_000 + address.slot);
  guest = await FakeGuest.start({ address });
});

afterEach(async () => {
  await guest[Symbol.asyncDispose]();
  await net.network.unplug(guest.address);
  await net[Symbol.asyncDispose]();
});

const tap = () => net.network.look.link(guest.address.tap);

test("a fenced TAP is held by its VMM, but down, on no bridge and in no set", async () => {
  expect(tap()).toMatchObject({ up: false, master: 0, tun: { tap: true, persist: true } });
  expect(net.network.look.holders(guest.address.tap)).toEqual([guest.vmm.pid]);
  expect(await net.network.look.firewall(guest.address)).toMatchObject({ member: false });
});

test("no frame of a fenced guest reaches the bridge, however much it sends", async () => {
  expect(await guest.pings(net.network.plan.gateway)).toBe(false);
  await guest.run("ping", "-c", "20", "-f", "-W", "1", net.network.plan.gateway);
  expect(tap()).toMatchObject({ rxPackets: 0 });
  const learnt = listFdb(net.network.parts.netlink).map(({ mac }) => mac);
  expect(learnt).not.toContain(guest.address.mac);
  expect(await net.network.look.arp(guest.address.ip, 200)).toEqual([]);
});

test("neither a look of the watch nor a hostd that starts anew lifts the fence", async () => {
  expect(await net.network.keeper.missing()).toEqual([]);
  await net.network.ensure();
  const restarted = await net.reopen();
  await restarted.ensure();
  expect(tap()).toMatchObject({ up: false, master: 0 });
  expect(await net.network.look.firewall(guest.address)).toMatchObject({ member: false });
});

test("plugging lifts it for the same TAP, under the VMM that holds it", async () => {
  const { index } = tap() ?? {};
  await net.network.plug(guest.address, 200_000 + guest.address.slot);
  expect(tap()).toMatchObject({ index, up: true, port: { isolated: true } });
  await expect.poll(() => guest.pings(net.network.plan.gateway), { timeout: 10_000 }).toBe(true);
  // From here on the watch takes care of it as of any other.
  expect(await net.network.keeper.missing()).toEqual([]);
});

test("even a guest that something else plugged in passes no frame before it is in the sets", async () => {
  plugPort(net.network.parts.netlink, { name: guest.address.tap, bridge: "fcbr0", mtu: 1500 });
  await expect.poll(() => tap()?.port?.state, { timeout: 5000 }).toBe(3);
  expect(await guest.pings(net.network.plan.gateway)).toBe(false);
  expect(await net.network.look.arp(guest.address.ip, 200)).toEqual([]);
});
