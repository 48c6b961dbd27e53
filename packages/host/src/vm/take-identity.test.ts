import { type GuestParams, type GuestResult, VmId } from "@browservm/contract";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeGuest } from "../guest/fake-guest.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import type { VmMonitor } from "../vmm/vmm.ts";
import { makeSecrets } from "./live-vm.ts";
import { type IdentityTaking, takeIdentity } from "./take-identity.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";

const ID = VmId.parse("vm_abcdefghijklmnopqrst");
const HELLO: GuestResult<"hello"> = {
  agentVersion: "1",
  incarnation: "second",
  bootId: "boot",
  image: "tiny",
  hasBrowser: false,
  injected: [
    { path: "/etc/browservm/session.env", state: "ok" },
    { path: "/etc/environment", state: "ok" },
  ],
  uptimeMs: 1,
};
const TOLD: GuestResult<"identity.take"> = { clockStepMs: 7, steps: [{ step: "reseed", ms: 1 }] };

let asked: Array<GuestParams<"identity.take">>;
let network: FakeNetwork;
beforeEach(() => {
  asked = [];
  network = new FakeNetwork();
});

const record = {
  id: ID,
  accelerator: "tcg",
  spec: { display: { width: 1280, height: 720 }, environment: { TEAM: "red" } },
} as unknown as VmRecord;

function take(guest: FakeGuest, exited: VmMonitor["exited"] = new Promise(() => {}), patience = 1) {
  const deps = {
    network,
    patience,
    places: { of: () => ({ console: "", vmmLog: "" }) },
  } as unknown as VmDeps;
  const taking: IdentityTaking = {
    record,
    address: network.reserve(ID),
    monitor: { exited } as VmMonitor,
    guest,
    secrets: makeSecrets(),
    browser: "renew",
    signal: AbortSignal.timeout(5000),
  };
  return takeIdentity(deps, taking);
}

/** A guest whose agent executes itself anew after it took the identity. */
function obedientGuest(): FakeGuest {
  const guest = new FakeGuest({
    "identity.take": (params) => {
      asked.push(params);
      setTimeout(() => guest.reset(), 5);
      return TOLD;
    },
    hello: () => HELLO,
  });
  return guest;
}

test("a guest is told all that makes it another machine, and says hello only as a new agent", async () => {
  const guest = obedientGuest();
  expect(await take(guest)).toEqual({ hello: HELLO, told: TOLD });
  expect(guest.asked).toEqual(["identity.take", "hello"]);
  const { mac, ip, gateway } = network.reserve(ID);
  expect(asked).toMatchObject([
    { hostname: "vm-abcdefghijkl", network: { mac, address: ip, gateway, mtu: 1500 }, browser: "renew" },
  ]);
  const files = asked[0]?.files.map(({ data }) => Buffer.from(data, "base64").toString());
  expect(files?.[0]).toContain('TEAM="red"');
  expect(guest.listeners).toBe(0);
});

test("no two guests are told the same machine-id or the same seed", async () => {
  for (let turn = 0; turn < 20; turn++) await take(obedientGuest());
  expect(new Set(asked.map(({ machineId }) => machineId)).size).toBe(20);
  expect(new Set(asked.map(({ seed }) => seed)).size).toBe(20);
  expect(asked.every(({ seed }) => Buffer.from(seed, "base64").length === 32)).toBe(true);
});

describe("an identity is not taken", () => {
  test("when the agent goes on as it was", async () => {
    const guest = new FakeGuest({ "identity.take": () => TOLD, hello: () => HELLO });
    await expect(take(guest, undefined, 0.005)).rejects.toMatchObject({ code: "IDENTITY_NOT_TAKEN" });
    expect(guest.asked).toEqual(["identity.take"]);
  });

  test("when its files did not arrive as they were sent", async () => {
    const guest = obedientGuest();
    const [first, ...rest] = HELLO.injected;
    const altered = { ...HELLO, injected: [{ path: first?.path ?? "", state: "altered" as const }, ...rest] };
    const lying = new FakeGuest({
      "identity.take": () => {
        setTimeout(() => lying.reset(), 5);
        return TOLD;
      },
      hello: () => altered,
    });
    await expect(take(lying)).rejects.toMatchObject({ code: "INJECTION_ALTERED" });
    expect(guest.asked).toEqual([]);
  });

  test("when the VMM ends meanwhile, which is what is told", async () => {
    const guest = new FakeGuest({ "identity.take": () => new Promise(() => {}), hello: () => HELLO });
    const exited = Promise.resolve({ code: 1, signal: null, observed: true });
    await expect(take(guest, exited)).rejects.toMatchObject({ code: "VMM_DIED" });
  });
});
