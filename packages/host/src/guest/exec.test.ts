import type { ExecFrame } from "@browservm/contract";
import { expect, test } from "vitest";
import { exec } from "./exec.ts";
import { FakeGuest } from "./fake-guest.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const output = (execId: number, text: string) => ({ execId, stream: "stdout", data: base64(text) }) as const;
const exit = (execId: number, code: number) => ({ execId, code, signal: null, truncated: false });

async function all(frames: AsyncIterable<ExecFrame>): Promise<ExecFrame[]> {
  const seen: ExecFrame[] = [];
  for await (const frame of frames) seen.push(frame);
  return seen;
}

test("yields output that came with the answer, and only its own, then the exit", async () => {
  const guest = new FakeGuest({
    "exec.start": () => {
      guest.say("exec.output", output(8, "foreign"));
      guest.say("exec.output", output(7, "mine"));
      guest.say("exec.exit", exit(8, 1));
      setTimeout(() => {
        guest.say("exec.output", output(7, " later"));
        guest.say("exec.exit", exit(7, 3));
      }, 10);
      return { execId: 7 };
    },
  });
  expect(await all(exec(guest, { command: ["x"] }))).toEqual([
    { type: "output", stream: "stdout", data: base64("mine") },
    { type: "output", stream: "stdout", data: base64(" later") },
    { type: "exit", code: 3, signal: null, truncated: false },
  ]);
  expect(guest.asked).toEqual(["exec.start"]);
  expect(guest.listeners).toBe(0);
});

test("gives standard input in chunks and ends it", async () => {
  let got = "";
  const guest = new FakeGuest({
    "exec.start": ({ hasStdin }) => {
      expect(hasStdin).toBe(true);
      return { execId: 1 };
    },
    "exec.stdin": ({ data, end }) => {
      got += Buffer.from(data ?? "", "base64").toString();
      if (end) guest.say("exec.exit", exit(1, 0));
      return {};
    },
  });
  const stdin = "abc".repeat(100_000);
  expect(await all(exec(guest, { command: ["cat"], stdin }))).toHaveLength(1);
  expect(got).toBe(stdin);
});

test("kills the process when nobody reads on, and when it is cancelled", async () => {
  const answers = { "exec.start": () => ({ execId: 1 }), "exec.kill": () => ({}) };
  const left = new FakeGuest({
    ...answers,
    "exec.start": () => {
      left.say("exec.output", output(1, "x"));
      return { execId: 1 };
    },
  });
  for await (const _frame of exec(left, { command: ["yes"] })) break;
  expect(left.asked).toContain("exec.kill");
  const guest = new FakeGuest(answers);
  const [frame] = await all(exec(guest, { command: ["yes"] }, { signal: AbortSignal.timeout(20) }));
  expect(frame).toMatchObject({ type: "error", problem: { code: "CANCELLED" } });
  expect(guest.asked).toContain("exec.kill");
});

test("ends at once when the channel is lost", async () => {
  const guest = new FakeGuest({ "exec.start": () => ({ execId: 1 }) });
  setTimeout(() => guest.reset(), 10);
  const [frame] = await all(exec(guest, { command: ["yes"] }));
  expect(frame).toMatchObject({ type: "error", problem: { code: "AGENT_UNREACHABLE" } });
  expect(guest.asked).toEqual(["exec.start"]);
});

test("a guest that says more than is read costs bounded memory, and the loss is told", async () => {
  const guest = new FakeGuest({
    "exec.start": () => {
      setTimeout(() => {
        for (let i = 0; i < 100; i += 1) guest.say("exec.output", output(1, "x".repeat(130_000)));
        guest.say("exec.exit", exit(1, 0));
      }, 5);
      return { execId: 1 };
    },
  });
  const frames = await all(exec(guest, { command: ["yes"] }));
  expect(frames.length).toBeLessThan(60);
  expect(frames.at(-1)).toMatchObject({ type: "exit", truncated: true });
});

test("a command that cannot start is told as an error frame", async () => {
  const guest = new FakeGuest({});
  expect(await all(exec(guest, { command: ["x"] }))).toMatchObject([
    { type: "error", problem: { code: "INTERNAL" } },
  ]);
});
