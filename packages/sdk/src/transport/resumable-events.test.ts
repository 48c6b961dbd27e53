import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { resumableEvents } from "./resumable-events.ts";

const frame = (seq: number) =>
  `id: ${seq}\ndata: ${JSON.stringify({ seq, at: "2026-01-01T00:00:00.000Z", subject: "s", type: "t", data: {} })}\n\n`;

/** A reply whose text comes in pieces; then it ends, breaks, or stays open until the signal ends. */
function reply(pieces: string[], end: "ends" | "breaks" | "stays" = "ends") {
  return (signal: AbortSignal): Response => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        if (end === "ends") controller.close();
        if (end === "breaks") queueMicrotask(() => controller.error(new TypeError("terminated")));
        signal.addEventListener("abort", () => {
          if (end === "stays") controller.error(signal.reason);
        });
      },
    });
    return new Response(stream);
  };
}

async function collect(count: number, replies: ((signal: AbortSignal) => Response)[], silenceMs?: number) {
  const afters: (number | undefined)[] = [];
  const found: number[] = [];
  const open = async (after: number | undefined, signal: AbortSignal) => {
    const next = replies[afters.length];
    afters.push(after);
    if (!next) throw new Error("opened too often");
    return next(signal);
  };
  const options = { passing: new Set(["HOST_UNREACHABLE"] as const), ...(silenceMs ? { silenceMs } : {}) };
  for await (const { seq } of resumableEvents(open, options)) {
    found.push(seq);
    if (found.length === count) break;
  }
  return { found, afters };
}

describe("resumableEvents", () => {
  test("goes on after a lost connection where it was, and gives each event once", async () => {
    const { found, afters } = await collect(4, [
      reply([frame(1), frame(2)]),
      reply([frame(2), frame(3)], "breaks"),
      reply([frame(3), frame(4)]),
    ]);
    expect(found.slice(0, 2)).toEqual([1, 2]);
    expect(found).toEqual([...new Set(found)]);
    expect(found.at(-1)).toBe(4);
    expect(afters[1]).toBe(2);
  });

  test("reads events that are cut anywhere, and ignores pings", async () => {
    const text = `: open\r\n\r\n${frame(1)}: ping\n\n${frame(2)}`;
    const { found } = await collect(2, [reply([...text])]);
    expect(found).toEqual([1, 2]);
  });

  test("opens anew a stream on which nothing comes", async () => {
    const { found } = await collect(1, [reply([": open\n\n"], "stays"), reply([frame(1)])], 30);
    expect(found).toEqual([1]);
  });

  test("what passes by itself is waited out, what does not is thrown", async () => {
    const away = () => {
      throw new BrowserVmError("HOST_UNREACHABLE", "away");
    };
    const { found } = await collect(1, [away, reply([frame(1)])]);
    expect(found).toEqual([1]);
    const stranger = () => {
      throw new BrowserVmError("UNAUTHENTICATED", "who?");
    };
    await expect(collect(1, [stranger])).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
