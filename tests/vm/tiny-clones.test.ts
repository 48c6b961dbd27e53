import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";
import { json } from "node:stream/consumers";
import { AGENT_PATHS, AGENT_PORT, type Vm } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { shIn } from "./in-guest.ts";

// Two real guests go on from one memory. Fakes cannot tell what a kernel and an agent still have in common then.

let host: HostUnderTest;
let clones: readonly [Vm, Vm];
beforeAll(async () => {
  host = await HostUnderTest.start({ env: { BROWSERVM_VMM__DRIVER: "qemu" } });
  const clone = () => host.vm({ image: "tiny", start: "restore" });
  clones = await Promise.all([clone(), clone()]);
});
afterAll(() => host[Symbol.asyncDispose]());

const ofBoth = (script: string) =>
  Promise.all([shIn(host, clones[0].id, script), shIn(host, clones[1].id, script)]);

/** What the agent answers on the guest's own address. */
async function nonceOf({ id, address }: Vm): Promise<string> {
  const stream = await host.client.openStream(id, "agent");
  const call = request({
    path: AGENT_PATHS.nonce,
    headers: { host: `${address?.ip}:${AGENT_PORT}` },
    createConnection: () => stream as Socket,
  });
  call.end();
  try {
    const [response] = await once(call, "response", { signal: AbortSignal.timeout(60_000) });
    return ((await json(response)) as { nonce: string }).nonce;
  } finally {
    stream.destroy();
  }
}

test("both go on from one snapshot, as the same boot", async () => {
  const [one, two] = clones;
  for (const { reason, state, origin } of clones)
    expect({ reason, state, origin }).toEqual({ state: "ready", origin: "snapshot" });
  expect(two.snapshotId).toBe(one.snapshotId);
  expect(two.bootId).toBe(one.bootId);
  const [here, there] = await ofBoth("cat /proc/sys/kernel/random/boot_id");
  expect(here).toBe(there);
});

test.each([
  ["MAC", "cat /sys/class/net/eth0/address", /^02:[0-9a-f:]{14}$/],
  ["address", "ip -4 -o addr show eth0 | awk '{print $4}'", /^[\d.]+\/\d+$/],
  ["hostname", "cat /proc/sys/kernel/hostname", /^\S+$/],
  ["machine-id", "cat /etc/machine-id", /^[0-9a-f]{32}$/],
  ["SSH host key", "cat /etc/ssh/ssh_host_ed25519_key.pub", /^ssh-ed25519 \S{60,}/],
  // Drawn by the kernel when the agent was executed: its own canary and pointers come from the same bytes.
  [
    "agent's memory layout",
    "grep -m 1 'stack' /proc/$(systemctl show -P MainPID browservm-agent)/maps",
    /^[0-9a-f]+-[0-9a-f]+ rw-p/,
  ],
])("they have no %s in common", async (_, script, form) => {
  const [one, two] = await ofBoth(script);
  expect(one).toMatch(form);
  expect(two).toMatch(form);
  expect(two).not.toBe(one);
});

test("each has the MAC and the address that the host gave it, and nobody else's", async () => {
  const [macs, addresses] = [
    await ofBoth("cat /sys/class/net/eth0/address"),
    await ofBoth("ip -4 -o addr show eth0"),
  ];
  for (const [n, { address }] of clones.entries()) {
    expect(macs[n]).toBe(address?.mac);
    expect(addresses[n]?.match(/inet \S+/g)).toEqual([`inet ${address?.ip}/${address?.prefix}`]);
  }
});

test("no address goes away when networkd starts and finds its link configured", async () => {
  // ip(8) tells what went; networkd writes the link's state when it is through (there is no D-Bus to ask it by).
  const script = [
    "timeout 30 ip -4 -o monitor address >/run/went & told=$!; sleep 1",
    "systemctl stop systemd-networkd; rm -f /run/systemd/netif/links/*; systemctl start systemd-networkd",
    "until grep -qs ADMIN_STATE=configured /run/systemd/netif/links/*; do sleep 0.2; done",
    "sleep 1; kill $told; grep Deleted /run/went || echo nothing went",
    "ip -4 -o addr show eth0",
  ].join("\n");
  const said = await ofBoth(script);
  for (const [n, { address }] of clones.entries()) {
    expect(said[n]).toContain("nothing went");
    expect(said[n]).toContain(`inet ${address?.ip}/${address?.prefix}`);
  }
});

test("they draw no random bytes in common, wherever each is in its kernel's sequence", async () => {
  for (const { identity } of clones) expect(identity?.steps.map(({ step }) => step)).toContain("reseed");
  // Each read is one draw (drivers/char/random.c), so two generators in one state would soon give the same one. This
  // kernel begins its own anew within a minute: the host key and the memory layout above tell more of the first moment.
  const draws = "dd if=/dev/urandom bs=32 count=2000 status=none | od -An -v -tx1 -w32";
  const [one, two] = (await ofBoth(draws)).map((text) => text.split("\n"));
  expect(new Set(one).size).toBe(2000);
  const seen = new Set(one);
  expect(two?.filter((draw) => seen.has(draw))).toEqual([]);
});

test("their agents answer with nonces of their own", async () => {
  const [one, two] = [await nonceOf(clones[0]), await nonceOf(clones[1])];
  expect(one).toMatch(/\S{16}/);
  expect(two).toMatch(/\S{16}/);
  expect(two).not.toBe(one);
});

test("nothing is left of them", async () => {
  for (const { id } of clones) await host.client.removeVm(id);
  expect(await host.remains()).toEqual(NOTHING);
});
