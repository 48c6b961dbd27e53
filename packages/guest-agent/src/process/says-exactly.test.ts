import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { saysExactly } from "./says-exactly.ts";

const BYTES = Buffer.from([0x89, 0x50, 0xff, 0x0a]);
const sh = (script: string) =>
  spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"], detached: true });
const never = () => new AbortController().signal;

test.each([
  ["these bytes", String.raw`printf '\211P'; sleep 0.05; printf '\377\n'`, true],
  ["less", String.raw`printf '\211P'`, false],
  ["more", String.raw`printf '\211P\377\n\n'`, false],
  ["others", String.raw`printf '\211Q\377\n'`, false],
  ["nothing", "exit 1", false],
])("a child that says %s", async (_, script, expected) => {
  expect(await saysExactly(sh(script), BYTES, never())).toBe(expected);
});

test("a child that says others is ended, and one that says nothing when it is told to", async () => {
  const endless = sh("echo others; exec sleep 60");
  const ended = once(endless, "exit");
  expect(await saysExactly(endless, BYTES, never())).toBe(false);
  expect(await ended).toEqual([null, "SIGKILL"]);
  const given = new AbortController();
  const silent = saysExactly(sh("sleep 60"), BYTES, given.signal);
  given.abort();
  expect(await silent).toBe(false);
  expect(await saysExactly(sh("sleep 60"), BYTES, AbortSignal.abort())).toBe(false);
});

test("a program that is not there says nothing", async () => {
  const none = spawn("/nowhere/xclip", { stdio: ["ignore", "pipe", "ignore"] });
  expect(await saysExactly(none, BYTES, never())).toBe(false);
});
