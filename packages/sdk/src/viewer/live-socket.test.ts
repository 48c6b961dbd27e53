import { CLOSE_CODES, encodeVideo, type GatewayMessage, type MediaMessage } from "@browservm/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveSocket } from "./live-socket.ts";
import { FakeSocket } from "./testing/fake-socket.ts";

const messages: GatewayMessage[] = [];
const media: MediaMessage[] = [];
let losses = 0;
let socket: LiveSocket;
const newest = () => FakeSocket.made.at(-1) as FakeSocket;
const made = () => FakeSocket.made.length;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made = [];
  messages.length = media.length = losses = 0;
  socket = new LiveSocket({
    url: "ws://127.0.0.1/",
    onMessage: (message) => void messages.push(message),
    onMedia: (message) => void media.push(message),
    onLost: () => {
      losses += 1;
    },
  });
});
afterEach(() => {
  socket.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("reads the gateway's words and frames, and nothing else", () => {
  newest().open();
  const hear = (data: unknown) => newest().onmessage?.({ data });
  hear('{"type":"system/pong","t":1,"guestUs":null}');
  for (const nonsense of ["{", '{"type":"system/pong"}', '{"type":"tomorrow"}', new ArrayBuffer(3)])
    hear(nonsense);
  const frame = {
    codec: "vp8" as const,
    isKey: true,
    width: 2,
    height: 2,
    sequence: 0,
    capturedUs: 1,
    encodedAfterUs: 1,
  };
  hear(encodeVideo({ ...frame, data: new Uint8Array([1]) }).buffer);
  expect(messages).toEqual([{ type: "system/pong", t: 1, guestUs: null }]);
  expect(media).toMatchObject([{ kind: "video", frame }]);
});

test("connects again after 1, 2, 5, 10 and 30 seconds, however quickly it breaks", () => {
  for (const wait of [1000, 2000, 5000, 10_000, 30_000, 30_000]) {
    const before = made();
    newest().open();
    newest().end(1006);
    vi.advanceTimersByTime(wait - 1);
    expect(made()).toBe(before);
    vi.advanceTimersByTime(1);
    expect(made()).toBe(before + 1);
  }
  expect(losses).toBe(6);
  newest().open();
  vi.advanceTimersByTime(10_000);
  newest().end(1006);
  vi.advanceTimersByTime(1000);
  expect(made()).toBe(8);
});

test("gives one that does not open up after ten seconds", () => {
  vi.advanceTimersByTime(10_000);
  expect(losses).toBe(1);
});

test.each([CLOSE_CODES.sessionEnded, 4002, 4006, 4007])(
  "does not fight for its place (%i), and comes again when it is asked to",
  (code) => {
    newest().open();
    newest().end(code);
    vi.advanceTimersByTime(600_000);
    expect([made(), losses]).toEqual([1, 1]);
    socket.retryNow();
    expect(made()).toBe(2);
  },
);

test("leaves a good connection alone, renews one that is of no use, and stays closed", () => {
  newest().open();
  socket.retryNow();
  expect(made()).toBe(1);
  socket.send({ type: "video/key-frame" });
  expect(newest().sent).toEqual(['{"type":"video/key-frame"}']);
  socket.renew();
  expect(losses).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(made()).toBe(2);
  socket.close();
  socket.retryNow();
  vi.advanceTimersByTime(600_000);
  expect(made()).toBe(2);
});
