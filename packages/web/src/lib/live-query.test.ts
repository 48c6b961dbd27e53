import { BrowserVmError } from "@browservm/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveQuery, type LiveSource } from "./live-query.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class FakeServer implements LiveSource<number> {
  value = 0;
  loads = 0;
  streams = 0;
  failure: Error | null = null;
  #emit: (() => void) | null = null;
  #drop: (() => void) | null = null;

  async load() {
    this.loads += 1;
    if (this.failure) throw this.failure;
    return this.value;
  }

  async *events(signal: AbortSignal) {
    this.streams += 1;
    while (!signal.aborted) {
      await new Promise<void>((resolve, reject) => {
        this.#emit = resolve;
        this.#drop = () => reject(new Error("connection lost"));
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      yield 1;
    }
  }

  pollMs = () => 60_000;

  change(value: number) {
    this.value = value;
    this.#emit?.();
  }

  drop() {
    this.#drop?.();
  }
}

test("an event makes it look again at once", async () => {
  const server = new FakeServer();
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(200);
  server.change(7);
  await vi.advanceTimersByTimeAsync(200);
  expect(query.snapshot()).toMatchObject({ data: 7, source: "events", error: null });
  stop();
});

test("many events in a row cost few looks", async () => {
  const server = new FakeServer();
  const query = new LiveQuery(server);
  const stop = query.start();
  for (let value = 1; value <= 50; value += 1) {
    server.change(value);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(400);
  expect(query.snapshot().data).toBe(50);
  expect(server.loads).toBeLessThan(8);
  stop();
});

test("a lost stream is replaced by polling, and is opened again", async () => {
  const server = new FakeServer();
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(200);
  server.change(1);
  await vi.advanceTimersByTimeAsync(200);
  server.drop();
  await vi.advanceTimersByTimeAsync(10);
  expect(query.snapshot().source).toBe("polling");
  await vi.advanceTimersByTimeAsync(600);
  expect(server.streams).toBe(2);
  stop();
});

test("where no stream opens it sees a change by polling", async () => {
  const server = new FakeServer();
  // biome-ignore lint/correctness/useYield: a stream that never gives anything
  server.events = async function* () {
    throw new Error("no stream here");
  };
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(200);
  server.value = 9;
  await vi.advanceTimersByTimeAsync(2500);
  expect(query.snapshot().data).toBe(9);
  stop();
});

test("a failed look keeps what was known, names the error, and heals", async () => {
  const server = new FakeServer();
  server.value = 3;
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(200);
  server.failure = new BrowserVmError("HOST_UNREACHABLE", "hostd is down");
  query.refresh();
  await vi.advanceTimersByTimeAsync(2500);
  expect(query.snapshot()).toMatchObject({ data: 3, error: { code: "HOST_UNREACHABLE" } });
  server.failure = null;
  await vi.advanceTimersByTimeAsync(2500);
  expect(query.snapshot()).toMatchObject({ data: 3, error: null });
  stop();
});

test("an open stream that is silent is trusted, and still checked now and then", async () => {
  const server = new FakeServer();
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(4000);
  expect(query.snapshot().source).toBe("events");
  server.value = 9;
  await vi.advanceTimersByTimeAsync(61_000);
  expect(query.snapshot().data).toBe(9);
  stop();
});

test("after stop it asks nothing more", async () => {
  const server = new FakeServer();
  const query = new LiveQuery(server);
  const stop = query.start();
  await vi.advanceTimersByTimeAsync(200);
  stop();
  const { loads } = server;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.loads).toBe(loads);
});
