import { EgressPolicy } from "@browservm/contract";
import { beforeEach, expect, test } from "vitest";
import { LearnedAddresses, type Lesson } from "./learned-addresses.ts";

const ANY = [{ from: 0, to: 65_535 }];
const HTTPS = [{ from: 443, to: 443 }];
const GUEST = "10.0.0.2";

let now = 0;
let scripts: string[] = [];
let learned: LearnedAddresses;
beforeEach(() => {
  now = 1_000_000;
  scripts = [];
  learned = new LearnedAddresses({ now: () => now, apply: async (script) => void scripts.push(script) });
});

const lesson = (more: Partial<Lesson> = {}): Lesson => ({
  guest: GUEST,
  name: "a.example",
  ports: ANY,
  addresses: ["203.0.113.7"],
  seconds: 60,
  spareSeconds: 30,
  ...more,
});
const policy = (allow: string[]) => ({
  address: { ip: GUEST },
  egress: { policy: EgressPolicy.parse({ allow }), mark: 1 },
});

test("is in the kernel, with its time, before the guest is answered; asked for again soon, nothing is written", async () => {
  expect(await learned.learn(lesson())).toBe(true);
  expect(scripts[0]).toContain(
    "add element inet browservm egress_names { 10.0.0.2 . 203.0.113.7 timeout 60s }",
  );
  now += 20_000;
  await learned.learn(lesson());
  expect(scripts).toHaveLength(1);
  now += 15_000;
  await learned.learn(lesson());
  expect(scripts).toHaveLength(2);
});

test("is open for as long as the answer may be kept, whenever it was asked for before", async () => {
  const long = { seconds: 330 };
  await learned.learn(lesson(long));
  now += 100_000;
  await learned.learn(lesson(long));
  expect(scripts[1]).toContain("10.0.0.2 . 203.0.113.7 timeout 330s");
  now += 299_000;
  expect(learned.elementsOf(GUEST)).toHaveLength(1);
});

test("the names that one answer opens for some ports are elements with those ports", async () => {
  await learned.learn(lesson({ ports: HTTPS }));
  expect(scripts[0]).toContain("egress_name_ports { 10.0.0.2 . 203.0.113.7 . 443 timeout 60s }");
  await learned.learn(lesson({ name: "b.example", ports: [{ from: 80, to: 80 }] }));
  expect(learned.elementsOf(GUEST)).toHaveLength(2);
});

test("a hundred lessons at once are few calls of nft", async () => {
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => learned.learn(lesson({ addresses: [`203.0.113.${index}`] }))),
  );
  expect(scripts.length).toBeLessThanOrEqual(2);
  expect(learned.of(GUEST)).toHaveLength(100);
});

test("what is loaded anew has the time that is left, and what is over is not loaded", async () => {
  await learned.learn(lesson());
  await learned.learn(lesson({ addresses: ["203.0.113.8"], seconds: 10 }));
  now += 30_000;
  expect(learned.elements()).toMatchObject([{ element: "10.0.0.2 . 203.0.113.7", timeoutSeconds: 30 }]);
});

test("a change keeps what it still allows, open for a while, and forgets the rest", async () => {
  await learned.learn(lesson({ seconds: 10 }));
  await learned.learn(lesson({ name: "b.example", addresses: ["203.0.113.8"] }));
  now += 60_000;
  learned.keepOnly(policy(["a.example:443"]));
  expect(learned.elementsOf(GUEST)).toMatchObject([
    { set: "egress_name_ports", element: "10.0.0.2 . 203.0.113.7 . 443", timeoutSeconds: 60 },
  ]);
  learned.keepOnly({ address: { ip: GUEST } });
  expect(learned.elementsOf(GUEST)).toEqual([]);
});

test("a guest that learns without end is stopped, and others are not", async () => {
  const flood = (guest: string) =>
    Array.from({ length: 129 }, (_, index) =>
      learned.learn(
        lesson({
          guest,
          name: `n${index}.example`,
          addresses: Array.from({ length: 16 }, (_, at) => `203.0.${index}.${at}`),
        }),
      ),
    );
  const told = await Promise.all(flood(GUEST));
  expect(told.at(-1)).toBe(false);
  expect(learned.of(GUEST).length).toBeLessThanOrEqual(2048);
  expect(await learned.learn(lesson({ guest: "10.0.0.3" }))).toBe(true);
});

test("what is over counts no more among those that a guest may have open", async () => {
  for (let index = 0; index < 128; index++) {
    const addresses = Array.from({ length: 16 }, (_, at) => `203.0.${index}.${at}`);
    await learned.learn(lesson({ name: `n${index}.example`, addresses }));
  }
  expect(await learned.learn(lesson({ name: "late.example" }))).toBe(false);
  now += 61_000;
  expect(await learned.learn(lesson({ name: "late.example" }))).toBe(true);
});

test("a kernel that refuses is told to who asked, and the next lesson is tried again", async () => {
  let fails = true;
  const shy = new LearnedAddresses({
    now: () => now,
    apply: async () => {
      if (fails) throw new Error("no");
    },
  });
  await expect(shy.learn(lesson())).rejects.toThrow("no");
  expect(shy.of(GUEST)).toEqual([]);
  fails = false;
  expect(await shy.learn(lesson())).toBe(true);
});
