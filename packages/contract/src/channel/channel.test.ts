import { afterEach, describe, expect, test, vi } from "vitest";
import { isBrowserVmError } from "../errors.ts";
import { CHANNEL_LIMITS } from "../guest/calls.ts";
import { epochLine } from "./epoch.ts";
import { GuestChannel, type GuestHandlers } from "./guest-channel.ts";
import { HostChannel } from "./host-channel.ts";

const EPOCH = "0123456789abcdef0123456789abcdef";
const NEXT_EPOCH = "ffffffffffffffffffffffffffffffff";
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

function hostEnd(write: (data: Uint8Array) => boolean = () => true) {
  const sent: string[] = [];
  const notes: unknown[] = [];
  const seen = { opened: 0, lost: 0, fault: undefined as Error | undefined, nowMs: 0 };
  const channel = new HostChannel({
    write: (data) => {
      sent.push(text(data));
      return write(data);
    },
    now: () => seen.nowMs,
    onOpen: () => {
      seen.opened += 1;
    },
    onLost: () => {
      seen.lost += 1;
    },
    onNote: (note, data) => notes.push([note, data]),
    onFault: (error) => {
      seen.fault = error;
    },
  });
  const say = (line: string) => channel.receive(bytes(`${line}\n`));
  return { channel, sent, notes, seen, say };
}

function openHostEnd() {
  const end = hostEnd();
  end.channel.open(EPOCH);
  end.channel.receive(epochLine(EPOCH));
  expect(end.channel.isOpen).toBe(true);
  return end;
}

/** Both ends joined by memory; `cut` decides the size of the chunks. */
function joined(handlers: Partial<GuestHandlers>, cut = Number.POSITIVE_INFINITY) {
  const oddities: string[] = [];
  const host = hostEnd((data) => {
    queueMicrotask(() => feed(data, (part) => guest.receive(part)));
    return true;
  });
  const guest = new GuestChannel({
    write: async (data) => feed(data, (part) => host.channel.receive(part)),
    handlers: handlers as GuestHandlers,
    onOddity: (what) => oddities.push(what),
  });
  const feed = (data: Uint8Array, receive: (part: Uint8Array) => void) => {
    for (let at = 0; at < data.length; at += cut) receive(data.subarray(at, at + cut));
  };
  return { host, guest, oddities };
}

afterEach(() => vi.useRealTimers());

describe("an epoch", () => {
  test("everything before its echo is discarded, complete or not", async () => {
    const { channel, notes, say } = hostEnd();
    channel.open(EPOCH);
    say('{"jsonrpc":"2.0","method":"browser.exited","params":{"code":1,"signal":null}}');
    channel.receive(epochLine(NEXT_EPOCH));
    channel.receive(bytes('{"jsonrpc":"2.0","method":"browser.exi'));
    expect(channel.isOpen).toBe(false);
    channel.receive(epochLine(EPOCH));
    expect(channel.isOpen).toBe(true);
    say('{"jsonrpc":"2.0","method":"browser.exited","params":{"code":2,"signal":null}}');
    expect(notes).toEqual([["browser.exited", { code: 2, signal: null }]]);
  });

  test("is asked for again with the same words, and a second echo changes nothing", () => {
    const { channel, sent, seen } = hostEnd();
    channel.open(EPOCH);
    channel.askAgain();
    expect(sent).toEqual([text(epochLine(EPOCH)), text(epochLine(EPOCH))]);
    channel.receive(epochLine(EPOCH));
    channel.receive(epochLine(EPOCH));
    expect(seen).toMatchObject({ opened: 1, fault: undefined });
  });

  test("the guest answers nothing before one is opened, and a partial line does not spoil the opening", async () => {
    const written: string[] = [];
    const guest = new GuestChannel({
      write: async (data) => void written.push(text(data)),
      handlers: {} as GuestHandlers,
      onOddity: () => {},
    });
    guest.receive(bytes('{"jsonrpc":"2.0","id":1,"method":"clock.set","params":{}}\n{"jsonrpc":"2.'));
    await guest.note("browser.exited", { code: 1, signal: null });
    expect(written).toEqual([]);
    guest.receive(epochLine(EPOCH));
    expect(written).toEqual([text(epochLine(EPOCH))]);
  });

  test("an answer of an earlier epoch is never said in a later one, and its call is told to stop", async () => {
    const { promise, resolve } = Promise.withResolvers<{ stepMs: number }>();
    let signal: AbortSignal | undefined;
    const { host, guest } = joined({
      "clock.set": (_params, context) => {
        signal = context.signal;
        return promise;
      },
    });
    host.channel.open(EPOCH);
    await tick();
    const call = host.channel.call("clock.set", { time: "2026-01-01T00:00:00Z" }, { timeoutMs: 1000 });
    await tick();
    host.channel.open(NEXT_EPOCH);
    await expect(call).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    await tick();
    expect(signal?.aborted).toBe(true);
    resolve({ stepMs: 1 });
    await tick();
    expect(host.channel.isOpen).toBe(true);
    expect(guest.isOpen).toBe(true);
    expect(host.seen.fault).toBeUndefined();
  });

  test("an agent that started anew says so, and the host is told", async () => {
    const { host, guest } = joined({});
    host.channel.open(EPOCH);
    await tick();
    await guest.sayLost();
    expect(host.seen.lost).toBe(1);
  });
});

describe("a call", () => {
  test.each([1, 7, 4096])("goes there and back in chunks of %i bytes", async (cut) => {
    const { host } = joined({ "probe.dns": ({ name }) => ({ ok: true, addresses: [name] }) }, cut);
    host.channel.open(EPOCH);
    await tick();
    const answer = await host.channel.call(
      "probe.dns",
      { name: "a.example", timeoutMs: 50 },
      { timeoutMs: 1000 },
    );
    expect(answer).toEqual({ ok: true, addresses: ["a.example"] });
  });

  test("that the agent cannot do brings its own words, without escape sequences", async () => {
    const { host } = joined({
      shutdown: () => {
        throw new Error("\u001b[31mno power");
      },
    });
    host.channel.open(EPOCH);
    await tick();
    await expect(
      host.channel.call("shutdown", { mode: "reboot" }, { timeoutMs: 1000 }),
    ).rejects.toMatchObject({
      code: "GUEST_CALL_FAILED",
      message: "no power",
    });
  });

  test("whose answer does not fit a line fails, and the channel stays", async () => {
    const data = "x".repeat(262_144);
    const lines = Array.from({ length: 900 }, () => data.slice(0, 4096));
    const { host } = joined({
      "journal.tail": () => ({ lines, cursor: "" }),
      "files.get": () => ({ data, size: 1, eof: true }),
    });
    host.channel.open(EPOCH);
    await tick();
    const tail = host.channel.call("journal.tail", { lines: 900 }, { timeoutMs: 1000 });
    await expect(tail).rejects.toMatchObject({ code: "GUEST_CALL_FAILED" });
    const get = host.channel.call("files.get", { path: "/a", offset: 0, length: 1 }, { timeoutMs: 1000 });
    await expect(get).resolves.toMatchObject({ eof: true });
  });

  test("with parameters outside the contract is refused on both sides", async () => {
    const { host, guest } = joined({});
    host.channel.open(EPOCH);
    await tick();
    const call = host.channel.call("probe.tcp", { address: "not one", port: 0, timeoutMs: 1 } as never, {
      timeoutMs: 1000,
    });
    await expect(call).rejects.toMatchObject({ code: "BAD_REQUEST" });
    const written: string[] = [];
    const strict = new GuestChannel({
      write: async (data) => void written.push(text(data)),
      handlers: {} as GuestHandlers,
      onOddity: () => {},
    });
    strict.receive(epochLine(EPOCH));
    strict.receive(bytes('{"jsonrpc":"2.0","id":7,"method":"probe.tcp","params":{"address":"x"}}\n'));
    strict.receive(bytes('{"jsonrpc":"2.0","id":8,"method":"constructor","params":{}}\n'));
    await tick();
    expect(written.join("")).toMatch(/"id":7,"error":\{"code":-32602/);
    expect(written.join("")).toMatch(/"id":8,"error":\{"code":-32601/);
    expect(guest.isOpen).toBe(true);
  });

  test("ends at its deadline, and the late answer is no fault", async () => {
    vi.useFakeTimers();
    const { channel, say, seen } = openHostEnd();
    const call = channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 300 });
    const failure = expect(call).rejects.toMatchObject({
      code: "AGENT_UNREACHABLE",
      details: { timeoutMs: 300 },
    });
    await vi.advanceTimersByTimeAsync(300);
    await failure;
    say('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(seen.fault).toBeUndefined();
  });

  test("can be cancelled, before and while it waits", async () => {
    const { channel } = openHostEnd();
    const stop = new AbortController();
    const call = channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 1000, signal: stop.signal });
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    const options = { timeoutMs: 1000, signal: stop.signal };
    await expect(channel.call("shutdown", { mode: "poweroff" }, options)).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  test("too many at once are refused", async () => {
    const { channel } = openHostEnd();
    const all = Array.from({ length: CHANNEL_LIMITS.pendingCalls + 1 }, () =>
      channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 1000 }),
    );
    await expect(all.at(-1)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    channel.close("the test ends");
    const ends = await Promise.allSettled(all);
    expect(ends.every((end) => end.status === "rejected" && isBrowserVmError(end.reason))).toBe(true);
  });

  test("while the guest does not read fails at once", async () => {
    const end = hostEnd((data) => data.length < 100 && text(data).includes("epoch"));
    end.channel.open(EPOCH);
    end.channel.receive(epochLine(EPOCH));
    const call = end.channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 1000 });
    await expect(call).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
  });
});

describe("a hostile guest", () => {
  test("whose answer is outside the contract fails that call only", async () => {
    const { channel, say, seen } = openHostEnd();
    const call = channel.call("clock.set", { time: "2026-01-01T00:00:00Z" }, { timeoutMs: 1000 });
    say('{"jsonrpc":"2.0","id":1,"result":{"stepMs":"a lot"}}');
    await expect(call).rejects.toMatchObject({ code: "AGENT_PROTOCOL" });
    expect(seen.fault).toBeUndefined();
    expect(channel.isOpen).toBe(true);
  });

  test.each([
    ["lines that are not JSON", "{{{{"],
    ["nested bombs", "[".repeat(10_000)],
    ["calls to the host", '{"jsonrpc":"2.0","id":1,"method":"hello","params":{}}'],
    ["unknown notes", '{"jsonrpc":"2.0","method":"constructor","params":{}}'],
    ["notes outside the contract", '{"jsonrpc":"2.0","method":"exec.exit","params":{"execId":"x"}}'],
    ["prototypes", '{"jsonrpc":"2.0","method":"exec.exit","params":{"__proto__":{}}}'],
    ["epochs that it lost again and again", '{"epoch":null}'],
  ])("that keeps sending %s is given up", async (_what, line) => {
    const { channel, say, seen } = openHostEnd();
    const call = channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 1000 });
    const failure = expect(call).rejects.toMatchObject({ code: "AGENT_PROTOCOL" });
    for (let i = 0; i < 9; i += 1) say(line);
    await failure;
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL" });
    const refused = channel.call("shutdown", { mode: "poweroff" }, { timeoutMs: 1000 });
    await expect(refused).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    channel.open(NEXT_EPOCH);
    channel.receive(epochLine(NEXT_EPOCH));
    expect(channel.isOpen).toBe(false);
  });

  test("that errs now and then is kept", () => {
    const { say, seen } = openHostEnd();
    for (let i = 0; i < 100; i += 1) {
      seen.nowMs += 6000;
      say("not a frame");
    }
    expect(seen.fault).toBeUndefined();
  });

  test("that floods with valid notes is given up, and its notes are not passed on any more", () => {
    const { say, seen, notes } = openHostEnd();
    const note = '{"jsonrpc":"2.0","method":"browser.exited","params":{"code":1,"signal":null}}';
    for (let i = 0; i < 10_000; i += 1) say(note);
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL", message: expect.stringContaining("floods") });
    expect(notes.length).toBeLessThanOrEqual(4000);
  });

  test("that floods with lines without an end is given up, before the epoch too", () => {
    const { channel, seen } = hostEnd();
    channel.open(EPOCH);
    const chunk = new Uint8Array(65_536).fill(0x78);
    for (let i = 0; i < 17 * 32 && !seen.fault; i += 1) {
      channel.receive(chunk);
      if (i % 16 === 15) channel.receive(bytes("x\n"));
    }
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL" });
  });

  test("whose one line never ends is given up", () => {
    const { channel, seen } = openHostEnd();
    const chunk = new Uint8Array(65_536).fill(0x78);
    for (let i = 0; i < 16 * 16 && !seen.fault; i += 1) channel.receive(chunk);
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL" });
  });

  test("that floods with empty lines is given up", () => {
    const { channel, seen } = openHostEnd();
    channel.receive(new Uint8Array(65_536).fill(0x0a));
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL" });
  });

  test("that answers what nobody asked pays for it", () => {
    const { say, seen } = openHostEnd();
    const answer = `{"jsonrpc":"2.0","id":999,"result":"${"x".repeat(1_000_000)}"}`;
    for (let i = 0; i < 20 && !seen.fault; i += 1) say(answer);
    expect(seen.fault).toMatchObject({ code: "AGENT_PROTOCOL" });
  });
});
