import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connects, end, FakeGuest, must, serve, sh } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork } from "./test-network.ts";

let net: TestNetwork;
let one: FakeGuest;
let two: FakeGuest;

beforeAll(async () => {
  net = await openTestNetwork();
  await net.network.ensure();
  one = await start();
  two = await start();
  two.serve(8080);
});

afterAll(async () => {
  for (const guest of [one, two]) {
    await guest[Symbol.asyncDispose]();
    await net.network.unplug(guest.address);
  }
  await net[Symbol.asyncDispose]();
});

async function start(): Promise<FakeGuest> {
  const address = net.network.reserve(newVmId());
  await net.network.plug(address, 200_000 + address.slot);
  return FakeGuest.start({ address });
}

const counters = async (guest: FakeGuest) => (await net.network.look.firewall(guest.address)).counters;
const packets = async (guest: FakeGuest, name: string) => (await counters(guest))[name]?.packets ?? 0;

describe("what must pass", () => {
  test("the VMM's TAP has carrier, VNET_HDR and a known holder", () => {
    const { look } = net.network;
    expect(look.link(one.address.tap)).toMatchObject({ carrier: true, tun: { vnetHdr: true } });
    expect(look.holders(one.address.tap)).toEqual([one.vmm.pid]);
  });

  test("host and guest ping each other, small and at the full MTU without fragments", async () => {
    const { look, plan } = net.network;
    const echo = { dontFragment: true, timeoutMs: 3000 };
    expect(await look.ping(one.address.ip, { ...echo, payloadBytes: 56 })).toMatchObject({ ok: true });
    expect(await look.ping(one.address.ip, { ...echo, payloadBytes: 1472 })).toMatchObject({ ok: true });
    expect(await look.ping(one.address.ip, { ...echo, payloadBytes: 1473 })).toEqual({
      ok: false,
      error: "EMSGSIZE",
    });
    expect(await one.pings(plan.gateway)).toBe(true);
    expect(look.neighbour(one.address.ip)).toMatchObject({ mac: one.address.mac });
    expect(await look.arp(one.address.ip, 300)).toEqual([one.address.mac]);
  });

  test("TCP from the host reaches a service in the guest, which sees the gateway", async () => {
    await expect
      .poll(() => read(two.address.ip, 8080), { timeout: 5000 })
      .toBe(`peer ${net.network.plan.gateway}\n`);
  });

  test("a service that is down is refused, not unreachable", async () => {
    await expect(read(two.address.ip, 9999)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("the host reaches the canary", async () => {
    const { canary } = net.network.plan;
    await connects(canary?.ip ?? "", canary?.port ?? 0);
  });

  test("a guest that claims another's address is not heard, only the rightful one", async () => {
    await two.ip("addr", "add", `${one.address.ip}/24`, "dev", "eth0");
    expect(await net.network.look.arp(one.address.ip, 300)).toEqual([one.address.mac]);
    await two.ip("addr", "del", `${one.address.ip}/24`, "dev", "eth0");
    expect(await packets(two, "spoofed_arp")).toBeGreaterThan(0);
  });
});

describe("what must be closed", () => {
  test("ports of the host are refused at once, even where something listens", async () => {
    const listener = serve(undefined, 2222);
    await expect.poll(async () => (await sh("ss", "-ltn")).output).toContain(":2222");
    const before = await packets(one, "refused_by_host");
    for (const port of [22, 4000, 2222]) {
      const { answer, ms } = await one.tcp(net.network.plan.gateway, port);
      expect(answer).toBe("refused");
      expect(ms).toBeLessThan(1500);
    }
    expect(await packets(one, "refused_by_host")).toBe(before + 3);
    await end(listener);
  });

  test("other addresses of this namespace are closed, too", async () => {
    await must("ip", "addr", "add", "203.0.113.9/32", "dev", "lo");
    expect((await one.tcp("203.0.113.9", 22)).answer).toBe("refused");
    expect(await one.pings("203.0.113.9")).toBe(false);
    await must("ip", "addr", "del", "203.0.113.9/32", "dev", "lo");
  });

  test("the metadata service is closed at once", async () => {
    const { answer, ms } = await one.tcp("169.254.169.254", 80);
    expect(["refused", "unreachable"]).toContain(answer);
    expect(ms).toBeLessThan(1500);
  });

  test("a neighbour is closed on the link: guests do not even hear each other's ARP", async () => {
    expect((await one.tcp(two.address.ip, 8080)).answer).toBe("unreachable");
    expect(await one.pings(two.address.ip)).toBe(false);
    const canary = net.network.plan.canary?.ip ?? "";
    expect((await one.tcp(canary, 7777)).answer).toBe("unreachable");
  });

  test("a neighbour is closed through the gateway (hairpin), at once", async () => {
    const { plan } = net.network;
    for (const [ip, port] of [
      [two.address.ip, 8080],
      [plan.canary?.ip ?? "", 7777],
    ] as const) {
      await one.ip("route", "add", `${ip}/32`, "via", plan.gateway);
      const before = await packets(one, "refused_beyond");
      const { answer, ms } = await one.tcp(ip, port);
      expect(answer).toBe("refused");
      expect(ms).toBeLessThan(1500);
      expect(await packets(one, "refused_beyond")).toBe(before + 1);
      await one.ip("route", "del", `${ip}/32`, "via", plan.gateway);
    }
  });

  test("a neighbour stays closed when a port lost its isolation", async () => {
    for (const { address } of [one, two])
      await must("bridge", "link", "set", "dev", address.tap, "isolated", "off");
    expect(await one.pings(two.address.ip)).toBe(false);
    await net.network.ensure();
    expect(net.network.look.link(one.address.tap)?.port?.isolated).toBe(true);
  });
});

describe("what a guest forges is dropped and counted", () => {
  const rises = async (name: string, forge: () => Promise<unknown>) => {
    const before = await packets(one, name);
    await forge();
    expect(await packets(one, name)).toBeGreaterThan(before);
  };
  const { ping } = {
    ping: (...args: string[]) => one.run("ping", "-c", "2", "-i", "0.2", "-W", "1", ...args),
  };
  const gateway = () => net.network.plan.gateway;

  test("a foreign MAC", async () => {
    await rises("spoofed_mac", async () => {
      await one.ip("link", "set", "eth0", "address", "02:fc:0a:4d:00:63");
      expect((await ping(gateway())).ok).toBe(false);
    });
    await one.ip("link", "set", "eth0", "address", one.address.mac);
  });

  test("a foreign address in IPv4 packets", async () => {
    await one.ip("addr", "add", "10.77.0.99/32", "dev", "eth0");
    await one.ip("neigh", "replace", gateway(), "lladdr", net.network.plan.bridgeMac, "dev", "eth0");
    await rises("spoofed_ipv4", async () => {
      expect((await ping("-I", "10.77.0.99", gateway())).ok).toBe(false);
    });
    await one.ip("neigh", "del", gateway(), "dev", "eth0");
    await one.ip("addr", "del", "10.77.0.99/32", "dev", "eth0");
  });

  test("a foreign address in ARP, which the host therefore never learns", async () => {
    await one.ip("addr", "add", "10.77.0.99/24", "dev", "eth0");
    await rises("spoofed_arp", () =>
      one.run("arping", "-U", "-c", "2", "-w", "2", "-I", "eth0", "-s", "10.77.0.99", "10.77.0.99"),
    );
    expect(net.network.look.neighbour("10.77.0.99")?.mac).toBeUndefined();
    await one.ip("addr", "del", "10.77.0.99/24", "dev", "eth0");
  });

  test("IPv6, with its router advertisements", async () => {
    await rises("other_frames", () => one.run("ping", "-6", "-c", "1", "-W", "1", "-I", "eth0", "ff02::1"));
  });

  test("a DHCP server's offers", async () => {
    await rises("dhcp_server", () =>
      one.run("sh", "-c", "echo offer | socat -u - UDP4-DATAGRAM:255.255.255.255:68,broadcast,bind=:67"),
    );
  });

  test("and afterwards the honest guest works as before", async () => {
    await expect.poll(() => one.pings(gateway()), { timeout: 10_000 }).toBe(true);
  });
});

test("a bridge that was deleted under running guests is made again, and they work on", async () => {
  await must("ip", "link", "del", "fcbr0");
  expect(await one.pings(net.network.plan.gateway)).toBe(false);
  await net.network.ensure();
  await expect.poll(() => one.pings(net.network.plan.gateway), { timeout: 20_000 }).toBe(true);
  expect(
    await net.network.look.ping(two.address.ip, { payloadBytes: 56, dontFragment: false, timeoutMs: 3000 }),
  ).toMatchObject({ ok: true });
});

test("a TAP whose VMM died has no holder and no carrier, and is unplugged", async () => {
  const guest = await start();
  await guest[Symbol.asyncDispose]();
  expect(net.network.look.link(guest.address.tap)?.carrier).toBe(false);
  expect(net.network.look.holders(guest.address.tap)).toEqual([]);
  await net.network.unplug(guest.address);
  expect(net.network.look.link(guest.address.tap)).toBeUndefined();
});

function read(ip: string, port: number): Promise<string> {
  return text(connect({ host: ip, port, timeout: 3000 }));
}
