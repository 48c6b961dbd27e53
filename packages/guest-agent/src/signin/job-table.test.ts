import type { CallbackJob } from "@browservm/contract/guest/signin";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JobTable } from "./job-table.ts";
import { TestJobs } from "./testing/test-jobs.ts";

const JOB: CallbackJob = {
  ...{ kind: "callback", port: 0, path: "/cb", host: "127.0.0.1", formPost: false, timeoutMs: 20_000 },
};

let jobs: TestJobs;
let started: Array<ReturnType<TestJobs["startWorker"]>>;
beforeEach(async () => {
  jobs = await TestJobs.make();
  started = [];
});
afterEach(() => jobs[Symbol.asyncDispose]());

function table(ownerMs?: number): JobTable {
  const startWorker = async (act: "callback" | "tool" | "capture") => {
    const worker = jobs.startWorker(act);
    started.push(worker);
    return worker;
  };
  return new JobTable({ home: jobs.home, shims: jobs.shims, startWorker, ...(ownerMs ? { ownerMs } : {}) });
}

const running = () => started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);

test("a job ends with the epoch of who began it, and is not known afterwards", async () => {
  const { calls } = table();
  const epoch = new AbortController();
  const context = { signal: epoch.signal };
  const { jobId } = await calls["signin.start"]({ job: JOB }, context);
  const said = await calls["signin.frames"]({ jobId, after: 0, waitMs: 9000 }, context);
  expect(said).toMatchObject({ frames: [{ type: "listening" }], next: 1, ended: false });
  epoch.abort();
  await expect.poll(running, { timeout: 5000 }).toEqual([]);
  await expect.poll(() => knows(calls, jobId)).toBe(false);
});

test("a job that nobody asks about ends; one that is asked about lives on", async () => {
  const { calls } = table(1500);
  const context = { signal: new AbortController().signal };
  const { jobId } = await calls["signin.start"]({ job: JOB }, context);
  const other = await calls["signin.start"]({ job: JOB }, context);
  for (let asked = 0; asked < 10; asked += 1)
    await calls["signin.frames"]({ jobId, after: 1, waitMs: 200 }, context);
  expect([knows(calls, jobId), knows(calls, other.jobId)]).toEqual([true, false]);
  await calls["signin.stop"]({ jobId }, context);
  await calls["signin.stop"]({ jobId }, context); // of one that is gone: nothing
  expect(running()).toEqual([]);
});

test("only so many run at a time, and a place is free again", async () => {
  const { calls } = table();
  const context = { signal: new AbortController().signal };
  const ids: number[] = [];
  for (let n = 0; n < 4; n += 1) ids.push((await calls["signin.start"]({ job: JOB }, context)).jobId);
  await expect(calls["signin.start"]({ job: JOB }, context)).rejects.toThrow("4 sign-ins run already");
  for (const jobId of ids) await calls["signin.stop"]({ jobId }, context);
  const { jobId } = await calls["signin.start"]({ job: JOB }, context);
  await calls["signin.stop"]({ jobId }, context);
});

test("a worker that says what it may not is ended, and nothing of it believed", async () => {
  const wrong = `echo '{"type":"callback","parameters":{"a":1}}'`;
  for (const says of [wrong, "echo no JSON", "head -c 200000 /dev/zero | tr '\\0' x"]) {
    const startWorker = async () => jobs.startProgram(["sh", "-c", `read -r orders; ${says}; sleep 60`]);
    const { calls } = new JobTable({ home: jobs.home, shims: jobs.shims, startWorker });
    const context = { signal: new AbortController().signal };
    const { jobId } = await calls["signin.start"]({ job: JOB }, context);
    const { frames } = await calls["signin.frames"]({ jobId, after: 0, waitMs: 9000 }, context);
    expect(frames).toMatchObject([{ type: "failed", code: "SIGNIN_JOB_BROKEN" }]);
    await calls["signin.stop"]({ jobId }, context);
  }
});

function knows(calls: JobTable["calls"], jobId: number): boolean {
  try {
    calls["signin.type"]({ jobId, text: "" }, { signal: new AbortController().signal });
    return true;
  } catch (error) {
    return !(error as Error).message.includes("no such sign-in");
  }
}
