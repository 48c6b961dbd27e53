import { BrowserVmError, type SigninFrame, type SigninLine } from "@browservm/contract";
import { expect, test } from "vitest";
import { FakeGuest } from "./fake-guest.ts";
import { signinJob } from "./signin-job.ts";

const JOB = { kind: "callback" } as const;
const LISTENING: SigninFrame = { type: "listening", redirectUri: "http://127.0.0.1:1/cb", port: 1 };

/** A guest whose job says these frames, one batch for each question; a last one that is missing means the end. */
function guestThatSays(batches: ReadonlyArray<readonly SigninFrame[] | Error>) {
  const asked: number[] = [];
  const stopped: number[] = [];
  const guest = new FakeGuest({
    "signin.start": () => ({ jobId: 7 }),
    "signin.frames": ({ after }) => {
      const batch = batches[asked.length] ?? [];
      asked.push(after);
      if (batch instanceof Error) throw batch;
      return { frames: [...batch], next: after + batch.length, ended: asked.length >= batches.length };
    },
    "signin.stop": ({ jobId }) => {
      stopped.push(jobId);
      return {};
    },
  });
  return { guest, asked, stopped };
}

async function lines(guest: FakeGuest, signal = new AbortController().signal): Promise<SigninLine[]> {
  const said: SigninLine[] = [];
  for await (const line of signinJob(guest, JOB, { signal, callMs: 1000 })) said.push(line);
  return said;
}

test("what a job says is passed on, each frame once, with a sign of life where there is nothing", async () => {
  const { guest, asked, stopped } = guestThatSays([[LISTENING], [], [{ type: "done" }]]);
  expect(await lines(guest)).toEqual([
    { type: "started", jobId: 7 },
    LISTENING,
    { type: "alive" },
    { type: "done" },
  ]);
  expect([asked, stopped]).toEqual([[0, 1, 1], [7]]);
});

test("who stops listening ends the job", async () => {
  const { guest, stopped } = guestThatSays([[LISTENING], [], []]);
  for await (const line of signinJob(guest, JOB, { signal: new AbortController().signal, callMs: 1000 }))
    if (line.type === "listening") break;
  expect(stopped).toEqual([7]);
});

test.each([
  [new BrowserVmError("GUEST_CALL_FAILED", "there is no such sign-in"), "SIGNIN_JOB_BROKEN"],
  [new BrowserVmError("AGENT_UNREACHABLE", "the control channel closed"), "AGENT_UNREACHABLE"],
])("a guest that fails in between is a last line: %s", async (error, code) => {
  const { guest, stopped } = guestThatSays([[LISTENING], error]);
  const last = (await lines(guest)).at(-1);
  expect(last).toMatchObject({ type: "error", problem: { code } });
  expect(stopped).toEqual([7]);
});

test("a caller that hung up is no fault of the guest's", async () => {
  const hungUp = new AbortController();
  hungUp.abort();
  const { guest, stopped } = guestThatSays([new Error("aborted")]);
  expect((await lines(guest, hungUp.signal)).at(-1)).toMatchObject({ problem: { code: "CANCELLED" } });
  expect(stopped).toEqual([7]);
});
