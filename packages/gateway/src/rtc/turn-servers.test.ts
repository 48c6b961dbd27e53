import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayFixture } from "../testing/gateway-fixture.ts";
import { openTurn } from "./turn-servers.ts";

const URLS = ["turn:turn.example.com:3478"];
const SECRET = "planted-relay-secret";

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 8000, interval: 5 }).toEqual(wanted);

let directory: string;
let file: string;
let logged: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-turn-"));
  file = join(directory, "secret");
  logged = "";
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (line: string) => {
  logged += line;
};
const log = () => pino({ level: "info" }, { write });
const settings = (over = {}) => ({ urls: URLS, secretFile: file, lifetimeSeconds: 600, ...over });

describe("a relay's credentials", () => {
  test("are the moment of their end, and its HMAC as OpenSSL computes it", async () => {
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    const turn = await openTurn(settings(), log());
    const [server] = turn?.serversFor("vwr_a", 1_000_000_500) ?? [];
    expect(server).toMatchObject({ urls: URLS, username: "1000600:vwr_a" });
    const openssl = execFileSync("openssl", ["dgst", "-sha1", "-hmac", SECRET, "-binary"], {
      input: "1000600:vwr_a",
    });
    expect(server?.credential).toBe(openssl.toString("base64"));
    expect(turn?.renewMs).toBe(300_000);
    expect(logged).toBe("");
  });

  const unusable: ReadonlyArray<[string, () => void, string]> = [
    ["that is not there", () => {}, "ENOENT"],
    ["that everybody may read", () => writeAs(0o644), "everybody"],
    ["that is empty", () => writeFileSync(file, " \n", { mode: 0o600 }), "empty"],
    ["that is a link", () => symlinkSync("/etc/hostname", file), "ELOOP"],
    ["that is huge", () => writeFileSync(file, "x".repeat(5000), { mode: 0o600 }), "larger"],
  ];
  const writeAs = (mode: number) => {
    writeFileSync(file, SECRET);
    chmodSync(file, mode);
  };
  test.each(unusable)("are not made with a secret %s, and the log says why", async (_, spoil, why) => {
    spoil();
    expect(await openTurn(settings(), log())).toBeUndefined();
    expect(logged).toContain(why);
    expect(logged).not.toContain(SECRET);
  });

  test("are not wanted where no relay is set", async () => {
    expect(await openTurn(settings({ urls: [] }), log())).toBeUndefined();
    expect(logged).toBe("");
  });
});

describe("a viewer", () => {
  test("hears of the relay before it can begin, and again before the credentials end", async () => {
    writeFileSync(file, SECRET, { mode: 0o600 });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    using _ = { [Symbol.dispose]: () => void vi.useRealTimers() };
    await using f = await GatewayFixture.start({ rtc: true, media: { turn: settings() } });
    const viewer = await f.join();
    await until(() => viewer.of("stream/hello").length, 1);
    vi.advanceTimersByTime(300_000);
    await until(() => viewer.of("signal/ice-servers").length, 2);
    expect(viewer.messages.slice(0, 2).map(({ type }) => type)).toEqual([
      "signal/ice-servers",
      "stream/hello",
    ]);
    expect(JSON.stringify(viewer.messages)).not.toContain(SECRET);
  });

  test("that has left is renewed no more", async () => {
    writeFileSync(file, SECRET, { mode: 0o600 });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    using _ = { [Symbol.dispose]: () => void vi.useRealTimers() };
    await using f = await GatewayFixture.start({ rtc: true, media: { turn: settings() } });
    const viewer = await f.join();
    await until(() => viewer.of("stream/hello").length, 1);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    viewer.ws.close();
    // What is due only once is over then; a renewal would begin the next one.
    const timersLeft = () => vi.advanceTimersByTime(600_000).getTimerCount();
    await until(timersLeft, 0);
  });

  test("hears of no relay where there is no WebRTC, and of none where none is set", async () => {
    writeFileSync(file, SECRET, { mode: 0o600 });
    for (const more of [{ media: { turn: settings() } }, { rtc: true }]) {
      await using f = await GatewayFixture.start(more);
      const viewer = await f.join();
      await until(() => viewer.of("stream/hello").length, 1);
      expect(viewer.of("signal/ice-servers")).toEqual([]);
    }
  });
});
