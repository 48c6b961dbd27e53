import { expect, test } from "vitest";
import { runForSecret } from "./run-for-secret.ts";

const sh = (script: string, ms = 10_000) => runForSecret(["/bin/sh", "-c", script], ms);

test("answers what a program printed", async () => {
  expect(String(await sh("printf 'a key'"))).toBe("a key");
});

test.each([
  ["goes on for ever", "sleep 30; echo late"],
  ["has started another that goes on", "sleep 30 & sleep 30"],
  ["has left a process that keeps the output open", "setsid sleep 3 & exit 0"],
])("a program that %s is given up in time", async (_, script) => {
  const started = performance.now();
  await expect(sh(script, 300)).rejects.toMatchObject({ code: "VAULT_KEY_UNUSABLE" });
  expect(performance.now() - started).toBeLessThan(2000);
});
