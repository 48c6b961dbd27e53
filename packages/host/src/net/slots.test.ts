import { DatabaseSync } from "node:sqlite";
import { EgressPolicy, makeId, VmId } from "@browservm/contract";
import { beforeEach, describe, expect, test } from "vitest";
import { planAddresses } from "./address-plan.ts";
import { MAX_PORTS, SlotStore, slotMigrations } from "./slots.ts";

let db: DatabaseSync;
let now = 1_000_000;
let count = 0;

const vm = () => VmId.parse(makeId("vm", Buffer.alloc(20).fill(String(count++).padStart(4, "0"))));
const open = (cidr = "10.0.0.0/29", restSeconds = 60) =>
  new SlotStore({ db, plan: planAddresses(cidr), restSeconds, now: () => now });

beforeEach(() => {
  db = new DatabaseSync(":memory:");
  for (const { sql } of slotMigrations) db.exec(sql);
  now = 1_000_000;
});

describe("the fence", () => {
  test("stays over a restart until it is lifted, and the next holder of the slot has none", () => {
    const id = vm();
    open().reserve(id);
    open().setFenced(id, true);
    expect(open().held()).toMatchObject([{ vmId: id, fenced: true }]);
    expect(open().reserve(id)).toBeDefined();
    expect(open().held()).toMatchObject([{ vmId: id, fenced: true }]);
    open().release(id);
    now += 60_000;
    const slots = open("10.0.0.0/29", 0);
    const next = [vm(), vm(), vm(), vm()].map((other) => slots.reserve(other));
    expect(next).toHaveLength(4);
    expect(slots.held().every(({ fenced }) => !fenced)).toBe(true);
  });

  test("is lifted for its VM only", () => {
    const [one, other] = [vm(), vm()];
    const slots = open();
    for (const id of [one, other]) slots.reserve(id);
    for (const id of [one, other]) slots.setFenced(id, true);
    slots.setFenced(one, false);
    expect(slots.held()).toMatchObject([
      { vmId: one, fenced: false },
      { vmId: other, fenced: true },
    ]);
  });
});

describe("where a VM may go", () => {
  const policy = EgressPolicy.parse({ allow: ["a.example"] });

  test("survives a restart, and is not the next holder's", () => {
    const id = vm();
    open().reserve(id);
    open().setEgress(id, policy);
    const mark = open().heldBy(id)?.egress?.mark ?? 0;
    expect(open().heldBy(id)).toMatchObject({ egress: { policy } });
    expect(open().reserve(id)).toBeDefined();
    expect(open().heldBy(id)?.egress?.mark).toBe(mark);
    expect(mark).toBeGreaterThan(0);
    open().release(id);
    const slots = open("10.0.0.0/29", 0);
    for (const other of [vm(), vm(), vm(), vm()]) slots.reserve(other);
    expect(slots.held().filter(({ egress }) => egress)).toEqual([]);
  });

  test("has another mark with each change, and none when it ends", () => {
    const [id, slots] = [vm(), open()];
    slots.reserve(id);
    slots.setEgress(id, policy);
    const first = slots.heldBy(id)?.egress?.mark;
    slots.setEgress(id, EgressPolicy.parse({ deny: [":25"] }));
    expect(slots.heldBy(id)?.egress?.mark).not.toBe(first);
    slots.setEgress(id, undefined);
    expect(slots.heldBy(id)?.egress).toBeUndefined();
  });
});

describe("reserving", () => {
  test("the same VM gets the same slot, also after a restart", () => {
    const id = vm();
    const first = open().reserve(id);
    expect(open().reserve(id)).toEqual(first);
    expect(open().addressOf(id)).toEqual(first);
    expect(first).toMatchObject({
      tap: "bv-0",
      ip: "10.0.0.2",
      mac: "02:fc:0a:00:00:02",
      gateway: "10.0.0.1",
    });
  });

  test("every slot is given once, then the error says how many there are and when one is free", () => {
    const slots = open();
    const ids = [vm(), vm(), vm(), vm()];
    expect(new Set(ids.map((id) => slots.reserve(id).ip)).size).toBe(4);
    slots.release(ids[1] ?? vm());
    const restingUntil = new Date(now + 60_000).toISOString();
    const details = { total: 4, used: 3, resting: 1, restingUntil };
    expect(() => slots.reserve(vm())).toThrow(expect.objectContaining({ code: "SLOTS_EXHAUSTED", details }));
  });

  test("an address rests, then the one that rested longest comes first", () => {
    const slots = open();
    const [a, b, c, d] = [vm(), vm(), vm(), vm()];
    const addresses = [a, b, c, d].map((id) => slots.reserve(id));
    slots.release(c);
    now += 1000;
    slots.release(a);
    expect(slots.counts()).toEqual({ total: 4, used: 2, resting: 2 });
    now += 60_000;
    expect(slots.counts().resting).toBe(0);
    expect(slots.reserve(vm()).slot).toBe(addresses[2]?.slot);
    expect(slots.reserve(vm()).slot).toBe(addresses[0]?.slot);
  });

  test("an address that was never used is preferred to a rested one", () => {
    const slots = open();
    const id = vm();
    slots.reserve(id);
    slots.release(id);
    now += 600_000;
    expect(slots.reserve(vm()).slot).toBe(1);
  });

  test("a clock that was set back does not lengthen the rest", () => {
    const slots = open("10.0.0.0/30", 60);
    const id = vm();
    slots.reserve(id);
    slots.release(id);
    now -= 500_000;
    expect(() => slots.reserve(vm())).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ restingUntil: new Date(now + 60_000).toISOString() }),
      }),
    );
  });

  test("releasing twice, or what was never reserved, is nothing", () => {
    const slots = open();
    const id = vm();
    slots.reserve(id);
    expect([slots.release(id), slots.release(id), slots.release(vm())]).toEqual([true, false, false]);
  });
});

test("more VMs than a bridge has ports are refused before the kernel would", () => {
  const slots = open("10.0.0.0/20");
  for (let i = 0; i < MAX_PORTS; i++)
    db.prepare("INSERT INTO slot (slot, ip, vm_id) VALUES (?, ?, ?)").run(
      i,
      planAddresses("10.0.0.0/20").addressOf(i).ip,
      vm(),
    );
  expect(() => slots.reserve(vm())).toThrow(expect.objectContaining({ code: "TOO_MANY_PORTS" }));
});

describe("a database that cannot be trusted", () => {
  test("a closed database refuses, and never guesses", () => {
    const slots = open();
    db.close();
    expect(() => slots.reserve(vm())).toThrow(expect.objectContaining({ code: "STATE_DAMAGED" }));
  });

  test("a row that makes no sense refuses", () => {
    const slots = open();
    db.prepare("INSERT INTO slot (slot, ip, vm_id) VALUES (0, 'nonsense', 'nobody')").run();
    expect(() => slots.reserve(vm())).toThrow(expect.objectContaining({ code: "STATE_DAMAGED" }));
  });

  test("a failure in the middle leaves nothing reserved", () => {
    const slots = open();
    db.exec("CREATE TRIGGER full BEFORE INSERT ON slot BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    expect(() => slots.reserve(vm())).toThrow(expect.objectContaining({ code: "STATE_DAMAGED" }));
    db.exec("DROP TRIGGER full");
    expect(slots.counts().used).toBe(0);
  });
});

test("a changed range forgets resting addresses, but is refused while a VM holds one", () => {
  const id = vm();
  open("10.0.0.0/29").reserve(id);
  expect(() => open("10.1.0.0/29")).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
  open("10.0.0.0/29").release(id);
  expect(open("10.1.0.0/29").counts()).toEqual({ total: 4, used: 0, resting: 0 });
});
