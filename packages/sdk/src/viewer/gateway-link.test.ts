import { encodeVideo } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayLink } from "./gateway-link.ts";
import { FakeSocket } from "./testing/fake-socket.ts";

const BEAT_MS = 2000;
const PICTURE = encodeVideo({
  codec: "vp8",
  isKey: true,
  sequence: 1,
  capturedUs: 5,
  encodedAfterUs: 0,
  width: 2,
  height: 2,
  data: new Uint8Array([1]),
}).buffer;

let link: GatewayLink;
let losses: number;
const made = () => FakeSocket.made.length;
const newest = () => FakeSocket.made.at(-1) as FakeSocket;
const pings = () => newest().sent.filter((text) => text.includes("system/ping")).length;
const say = (message: object) => newest().onmessage?.({ data: JSON.stringify(message) });
const answer = () => say({ type: "system/pong", t: performance.now(), guestUs: null });
const connect = () => {
  newest().open();
  say({ type: "stream/hello", rungs: ["vnc"] });
  vi.advanceTimersByTime(500);
  answer();
};
const beat = (afterMs = BEAT_MS) => {
  vi.advanceTimersByTime(afterMs);
  link.beat(true);
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made = [];
  losses = 0;
  const onLost = () => {
    losses += 1;
  };
  link = new GatewayLink({ url: "ws://127.0.0.1/", onMessage: () => {}, onMedia: () => {}, onLost });
});
afterEach(() => {
  link.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a connection to the gateway", () => {
  test("on which nothing comes after a ping is given up after six seconds", () => {
    connect();
    for (let times = 0; times < 3; times += 1) beat();
    expect(losses).toBe(0);
    beat();
    expect(losses).toBe(1);
  });

  test("is kept while pictures come, whatever becomes of pings", () => {
    connect();
    for (let times = 0; times < 6; times += 1) {
      beat();
      newest().onmessage?.({ data: PICTURE });
    }
    expect([losses, made()]).toEqual([0, 1]);
  });

  test("is kept while pings are answered, however seldom a hidden tab is let ask", () => {
    connect();
    for (let minutes = 0; minutes < 5; minutes += 1) {
      beat(60_000);
      answer();
    }
    expect([losses, made()]).toEqual([0, 1]);
  });
});

describe("when the network is another", () => {
  test("a connection that answers is kept", () => {
    connect();
    const before = pings();
    link.networkChanged();
    expect(pings()).toBe(before + 1);
    answer();
    vi.advanceTimersByTime(1000);
    expect([losses, made()]).toEqual([0, 1]);
  });

  test.each([
    ["that does not answer", connect],
    ["that has not opened in the old one", () => {}],
  ])("a connection %s is made anew at once", (_, begin) => {
    begin();
    link.networkChanged();
    vi.advanceTimersByTime(699);
    expect(made()).toBe(1);
    vi.advanceTimersByTime(1);
    expect([losses, made()]).toEqual([1, 2]);
  });

  test("one that only then begins has its time", () => {
    connect();
    newest().end(1006);
    link.networkChanged();
    expect(made()).toBe(2);
    vi.advanceTimersByTime(900);
    connect();
    expect([losses, made()]).toEqual([1, 2]);
  });
});
