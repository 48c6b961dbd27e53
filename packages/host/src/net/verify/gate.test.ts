import { type GuestResult, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { FakeGuest } from "../../guest/fake-guest.ts";
import { BRIDGE_MAC, FakeNetwork, goodBridge, goodTap } from "../../testing/fake-network.ts";
import { runGate } from "./gate.ts";
import type { GateSubject } from "./gate-step.ts";
import { guestFaults } from "./steps/r5-guest.ts";

const vmId = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");

async function subjectOf(network: FakeNetwork, guest: FakeGuest): Promise<GateSubject> {
  const address = network.reserve(vmId);
  await network.plug(address, 200_000);
  network.look.holders = () => [42];
  return {
    vmId,
    address,
    ownerUid: 200_000,
    vmmPid: 42,
    port: "tap",
    network,
    guest,
    nonce: "n",
    bootId: "b",
    hasBrowser: false,
    showsOwnPage: true,
    patience: 0.05,
    openVnc: () => Promise.reject(new Error("no display")),
    waiting: (answer) => answer,
  };
}

const sees = (change: Partial<GuestResult<"network.get">> = {}): GuestResult<"network.get"> => ({
  links: [
    {
      name: "eth0",
      mac: "02:fc:00:00:00:02",
      up: true,
      carrier: true,
      mtu: 1500,
      addresses: ["192.168.100.2/24"],
    },
  ],
  routes: [{ to: "default", via: "192.168.100.1", dev: "eth0" }],
  neighbours: [{ ip: "192.168.100.1", mac: BRIDGE_MAC, dev: "eth0", state: "REACHABLE" }],
  dns: [],
  authorities: ["systemd-networkd"],
  ...change,
});

const run = async (network: FakeNetwork, guest = new FakeGuest({})) =>
  runGate({
    subject: await subjectOf(network, guest),
    run: 1,
    accelerator: "kvm",
    onStep: () => {},
    signal: new AbortController().signal,
  });

describe("the gate", () => {
  test("a second holder of the address fails R1 and ends the run there", async () => {
    const network = new FakeNetwork();
    network.arpAnswers.set("192.168.100.2", ["02:fc:00:00:00:02", "de:ad:be:ef:00:01"]);
    const report = await run(network);
    expect(report.verdict).toBe("fail");
    expect(report.steps.map(({ id, verdict }) => [id, verdict])).toEqual([["R1", "fail"]]);
    expect(report.steps[0]?.reason).toMatchObject({
      code: "GATE_PLAN",
      message: expect.stringContaining("de:ad:be:ef:00:01"),
    });
  });

  test("a TAP without its bridge fails R2 with the link as evidence", async () => {
    const network = new FakeNetwork();
    const { plug } = FakeNetwork.prototype;
    network.plug = async (address, uid) => {
      await plug.call(network, address, uid);
      const tap = network.plugged.get(address.tap);
      if (tap) network.plugged.set(address.tap, { ...tap, master: 0 });
    };
    const report = await run(network);
    const last = report.steps.at(-1);
    expect([last?.id, last?.reason?.code, last?.reason?.message]).toEqual([
      "R2",
      "GATE_LINK",
      "bv-0 is not plugged into fcbr0",
    ]);
    expect(last?.evidence.map(({ subject }) => subject)).toContain("link bv-0");
  });

  test("an unpinned bridge MAC fails R2", async () => {
    const network = new FakeNetwork();
    const { link } = network.look;
    network.look.link = (name) => (name === "fcbr0" ? { ...goodBridge(), addressAssignType: 1 } : link(name));
    expect((await run(network)).steps.at(-1)?.reason?.message).toContain("not pinned");
  });

  test("a TAP held by another process fails R3 and names it", async () => {
    const network = new FakeNetwork();
    const subject = await subjectOf(network, new FakeGuest({}));
    network.look.holders = () => [4711];
    const report = await runGate({
      subject,
      run: 1,
      accelerator: "kvm",
      onStep: () => {},
      signal: new AbortController().signal,
    });
    expect(report.steps.at(-1)).toMatchObject({
      id: "R3",
      reason: { code: "GATE_ATTACH", message: expect.stringContaining("pid 4711 holds it") },
    });
  });

  test("a firewall generation that is not ours fails R4", async () => {
    const network = new FakeNetwork();
    network.look.firewall = async () => ({
      loaded: "g0",
      planned: "g1",
      member: true,
      foreign: [],
      counters: {},
    });
    expect((await run(network)).steps.at(-1)?.reason?.code).toBe("GATE_FIREWALL");
  });

  test("a guest that never gets its address fails R5 with its own view as evidence", async () => {
    const wrong = sees({
      links: [{ name: "eth0", mac: "02:fc:00:00:00:02", up: true, carrier: true, mtu: 1500, addresses: [] }],
    });
    const report = await run(new FakeNetwork(), new FakeGuest({ "network.get": () => wrong }));
    expect(report.steps.at(-1)).toMatchObject({
      id: "R5",
      verdict: "fail",
      reason: { code: "GATE_GUEST", message: expect.stringContaining("no address") },
    });
    expect(report.steps.at(-1)?.evidence[0]?.excerpt).toContain('"addresses":[]');
  });

  test("a step that breaks in an unforeseen way is unknown, and unknown is no pass", async () => {
    const network = new FakeNetwork();
    network.look.firewall = () => Promise.reject(new TypeError("surprise"));
    const report = await run(network);
    expect([report.verdict, report.steps.at(-1)?.verdict]).toEqual(["fail", "unknown"]);
  });

  test("steps of one stage look at one time, and what a later one saw is not told before an earlier failure", async () => {
    const network = new FakeNetwork();
    const order: string[] = [];
    network.look.firewall = async () => {
      order.push("R4 looks");
      throw new TypeError("surprise");
    };
    const subject = await subjectOf(network, new FakeGuest({}));
    network.look.holders = () => [4711];
    const told: string[] = [];
    const report = await runGate({
      subject,
      run: 1,
      accelerator: "kvm",
      onStep: (_, { id, verdict }) => told.push(`${id} ${verdict}`),
      signal: new AbortController().signal,
    });
    expect(order).toEqual(["R4 looks"]);
    expect(told).toEqual(["R1 pass", "R2 pass", "R3 fail"]);
    expect(report.steps).toHaveLength(3);
  });

  test("the gateway is proven by one look after a ping, and asked for again when that look came too early", async () => {
    for (const early of [0, 1]) {
      let looks = 0;
      const guest = new FakeGuest({
        "probe.ping": () => ({ ok: true }),
        "network.get": () => {
          looks += 1;
          return sees(looks <= early ? { neighbours: [] } : {});
        },
      });
      const report = await run(new FakeNetwork(), guest);
      const proof = report.steps.find(({ id }) => id === "R5");
      expect(proof?.verdict).toBe("pass");
      expect(proof?.evidence.at(-1)?.excerpt).toContain(BRIDGE_MAC);
      expect(looks).toBe(early + 1);
    }
  });

  test("a gateway with another MAC than the bridge's fails R5", async () => {
    const elsewhere = { ip: "192.168.100.1", mac: "02:00:00:00:00:66", dev: "eth0", state: "REACHABLE" };
    const guest = new FakeGuest({
      "probe.ping": () => ({ ok: true }),
      "network.get": () => sees({ neighbours: [elsewhere] }),
    });
    expect((await run(new FakeNetwork(), guest)).steps.at(-1)).toMatchObject({
      id: "R5",
      reason: { code: "GATE_GUEST", message: expect.stringContaining("holds 02:00:00:00:00:66") },
    });
  });

  test("the browser is looked at from the beginning, and told last: an earlier failure is what is told", async () => {
    const network = new FakeNetwork();
    network.look.firewall = () => Promise.reject(new TypeError("surprise"));
    const guest = new FakeGuest({ "browser.status": () => new Promise(() => {}) });
    const subject = { ...(await subjectOf(network, guest)), hasBrowser: true };
    const { steps } = await runGate({
      ...{ subject, run: 1, accelerator: "kvm", onStep: () => {} },
      signal: new AbortController().signal,
    });
    expect(guest.asked).toContain("browser.status");
    expect(steps.map(({ id }) => id)).toEqual(["R1", "R2", "R3", "R4"]);
  });

  test.each([
    ["is not there", undefined, /is not there/],
    ["is in another namespace than the guest's", { isInGuest: false }, /is not in the network namespace/],
    ["is down", { isInGuest: true, up: false }, /is down/],
    ["has another MAC", { isInGuest: true, mac: "02:00:00:00:00:99" }, /has MAC 02:00:00:00:00:99/],
    ["is the guest's", { isInGuest: true }, undefined],
  ])("the other end of a veth that %s", async (_what, peer, words) => {
    const network = new FakeNetwork();
    const subject: GateSubject = { ...(await subjectOf(network, new FakeGuest({}))), port: "veth" };
    const { address } = subject;
    const { tun: _, ...link } = goodTap(address, 0);
    network.plugged.set(address.tap, { ...link, kind: "veth" });
    network.look.holders = () => [];
    const other = peer && { ...link, name: "eth0", mac: address.mac, ...peer };
    network.look.peer = () => other && { link: other, isInGuest: other.isInGuest };
    const { steps } = await runGate({
      ...{ subject, run: 1, accelerator: "none", onStep: () => {} },
      signal: new AbortController().signal,
    });
    const [link2, attach] = ["R2", "R3"].map((id) => steps.find((step) => step.id === id));
    expect(link2?.verdict).toBe("pass");
    if (words) expect(attach).toMatchObject({ verdict: "fail", reason: { code: "GATE_ATTACH" } });
    else expect(attach?.verdict).toBe("pass");
    expect(attach?.reason?.message ?? "").toMatch(words ?? /^$/);
  });

  test("a TAP where a veth was planned is refused, and the reverse", async () => {
    const network = new FakeNetwork();
    const subject = await subjectOf(network, new FakeGuest({}));
    const judge = async (port: GateSubject["port"]) =>
      (
        await runGate({
          ...{ subject: { ...subject, port }, run: 1, accelerator: "none", onStep: () => {} },
          signal: new AbortController().signal,
        })
      ).steps.find(({ id }) => id === "R2")?.verdict;
    expect([await judge("tap"), await judge("veth")]).toEqual(["pass", "fail"]);
  });

  test("a step that ignores its signal does not hold the gate open", async () => {
    const network = new FakeNetwork();
    network.look.firewall = () => new Promise(() => {});
    const report = await run(network);
    expect(report.steps.at(-1)?.reason?.code).toBe("DEADLINE_EXCEEDED");
  });

  test("control characters in a guest's words reach neither the evidence nor the reason", async () => {
    const guest = new FakeGuest({ "network.get": () => sees({ authorities: ["a\u001b[2J", "b"] }) });
    const last = (await run(new FakeNetwork(), guest)).steps.at(-1);
    expect(last?.reason?.message).toContain("2 programs configure its links: a, b");
    expect(last?.evidence.map(({ excerpt }) => excerpt).join()).not.toContain("\u001b");
  });
});

describe("what the guest sees", () => {
  const network = new FakeNetwork();
  const address = network.reserve(vmId);

  test("nothing is at fault when all is as planned", () => {
    expect(guestFaults({ address, network }, sees())).toEqual([]);
  });

  test("two network authorities are a fault, named", () => {
    expect(
      guestFaults({ address, network }, sees({ authorities: ["systemd-networkd", "NetworkManager"] }))[0],
    ).toContain("NetworkManager");
  });

  test("a wrong gateway and a wrong MTU are both named", () => {
    const link = {
      name: "eth0",
      mac: address.mac,
      up: true,
      carrier: true,
      mtu: 9000,
      addresses: ["192.168.100.2/24"],
    };
    const faults = guestFaults(
      { address, network },
      sees({ links: [link], routes: [{ to: "default", via: "192.168.100.254", dev: "eth0" }] }),
    );
    expect(faults).toHaveLength(2);
  });
});
