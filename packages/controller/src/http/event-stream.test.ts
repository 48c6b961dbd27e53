import type { Event } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EventLog } from "../events/event-log.ts";
import { openStore, type Store } from "../store/store.ts";
import { eventStream } from "./event-stream.ts";

let store: Store;
let events: EventLog;
beforeEach(async () => {
  store = await openStore(":memory:");
  events = new EventLog(store);
});
afterEach(() => store.destroy());

const append = (subject: string, n: number) =>
  events.record((_, tell) => tell({ subject, type: "vm.step", data: { n } }));

/** Reads a stream until `count` events came. */
async function read(count: number, spec: { after?: number; subject?: string } = {}): Promise<Event[]> {
  const hangUp = new AbortController();
  const stream = eventStream(events, {
    subject: spec.subject,
    after: spec.after,
    signal: hangUp.signal,
    isAllowed: async () => true,
  });
  const found: Event[] = [];
  for await (const frame of stream) {
    const [, data] = /^data: (.*)$/m.exec(String(frame)) ?? [];
    if (data) found.push(JSON.parse(data));
    if (found.length >= count) hangUp.abort();
  }
  return found;
}

describe("eventStream", () => {
  test("gives what is stored and what happens, without a gap and without a repeat", async () => {
    for (let n = 1; n <= 300; n += 1) await append("a", n);
    const reading = read(600, { after: 0 });
    for (let n = 301; n <= 600; n += 1) await append("a", n);
    expect((await reading).map(({ data }) => data.n)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  });

  test("resumed in the middle, two readings together are the whole", async () => {
    for (let n = 1; n <= 20; n += 1) await append("a", n);
    const first = await read(7, { after: 0 });
    const last = first.at(-1)?.seq ?? 0;
    const second = await read(20 - first.length, { after: last });
    expect([...first, ...second].map(({ data }) => data.n)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  test("gives one session's events only, when one is asked for", async () => {
    await append("a", 1);
    await append("b", 2);
    await append("a", 3);
    expect((await read(2, { after: 0, subject: "a" })).map(({ data }) => data.n)).toEqual([1, 3]);
  });

  test("a reader that has read another database goes on with what happens now", async () => {
    await append("a", 1);
    const reading = read(1, { after: 9999 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await append("a", 2);
    expect((await reading).map(({ data }) => data.n)).toEqual([2]);
  });

  test("pings a silent reader, and ends when it may read no more", async () => {
    let pings = 0;
    const isAllowed = async () => {
      pings += 1;
      return pings < 3;
    };
    const { signal } = new AbortController();
    const stream = eventStream(events, { after: undefined, signal, isAllowed, pingMs: 5 });
    const frames: string[] = [];
    for await (const frame of stream) frames.push(String(frame));
    expect(frames).toEqual([": open\n\n", ": ping\n\n", ": ping\n\n"]);
  });

  test("ends when its reader may read no more, however much happens", async () => {
    const { signal } = new AbortController();
    const isAllowed = async () => false;
    const stream = eventStream(events, { after: 0, signal, isAllowed, pingMs: 20 });
    let isOver = false;
    const happening = (async () => {
      while (!isOver) {
        await append("a", 1);
        // SQLite answers without a turn of the event loop: timers and streams have theirs here.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const frames: string[] = [];
    for await (const frame of stream) frames.push(String(frame));
    isOver = true;
    await happening;
    expect(frames.length).toBeGreaterThan(1);
    expect(frames).not.toContain(": ping\n\n");
  });

  test("an event whose transaction failed is never told", async () => {
    const reading = read(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const failing = events.record(async (_, tell) => {
      await tell({ subject: "a", type: "vm.step", data: { n: 1 } });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await append("a", 2);
    expect((await reading).map(({ data }) => data.n)).toEqual([2]);
  });
});
