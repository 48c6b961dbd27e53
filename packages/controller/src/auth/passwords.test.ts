import { expect, test } from "vitest";
import { PASSWORD_COST, Passwords } from "./passwords.ts";

const quick = new Passwords(2 ** 10);

test("a password is known by its hash, each with a salt of its own, however it was typed", async () => {
  const [one, two] = await Promise.all([quick.hash("café au lait"), quick.hash("café au lait")]);
  expect(one).toMatch(/^scrypt\$1024\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(two);
  expect(await quick.verify("cafe\u0301 au lait", one)).toBe(true);
  expect(await quick.verify("cafe au lait", one)).toBe(false);
});

test("nobody's password is never right", async () => {
  expect(await quick.verify("", null)).toBe(false);
});

test("hashes of other costs stay good, and the usual cost is what OWASP asks for", async () => {
  const usual = new Passwords();
  const stored = await usual.hash("a password");
  expect(stored).toMatch(/^scrypt\$32768\$8\$3\$/);
  expect(PASSWORD_COST).toBe(32_768);
  expect(await quick.verify("a password", stored)).toBe(true);
});

test("a flood is turned away, and what waits is done", async () => {
  const works = await Promise.allSettled(Array.from({ length: 40 }, () => quick.verify("x", null)));
  const refused = works.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(22);
  expect(refused[0]).toMatchObject({ reason: { code: "RATE_LIMITED" } });
  expect(await quick.verify("x", null)).toBe(false);
});
