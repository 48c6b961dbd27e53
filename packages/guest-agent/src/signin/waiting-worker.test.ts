import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { CallbackJob } from "@browservm/contract/guest/signin";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProcessName } from "../process/running.ts";
import { Job } from "./job.ts";
import { JobTable } from "./job-table.ts";
import { WAITING } from "./orders.ts";
import { all, framesUntil } from "./testing/test-jobs.ts";
import { WaitingWorker } from "./waiting-worker.ts";

const WORKER = join(import.meta.dirname, "worker/main.ts");
const AGENT = join(import.meta.dirname, "testing/agent-that-leaves.ts");
const JOB: CallbackJob = {
  ...{ kind: "callback", port: 0, path: "/cb", host: "127.0.0.1", formPost: false, timeoutMs: 9000 },
};
const ENDED_MS = 500;

/** Words of a listener, by a program that starts sooner than Node. */
const LISTENING = '{"type":"listening","redirectUri":"http://127.0.0.1:5000/cb","port":5000}';
const listener = (before: string) => [
  "sh",
  "-c",
  `${before} read -r orders; echo '${LISTENING}'; exec sleep 60`,
];
const STAND_IN = listener("echo ready;");

let root = "";
const started: number[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "waiting-"));
});
afterEach(async () => {
  for (const pid of started.splice(0)) if (runs(pid)) process.kill(pid, "SIGKILL");
  await rm(root, { recursive: true });
});

const runs = (pid: number) => existsSync(`/proc/${pid}/exe`);

/** As an agent has one, with the worker's own source, or with a program in its place. */
function waiting(heir?: ProcessName, command = [process.execPath, WORKER, WAITING]): WaitingWorker {
  const [file = "", ...args] = command;
  return new WaitingWorker({
    heir,
    directory: join(root, "pipes"),
    startWorker: ({ commands, answers }) => {
      const child = spawn(file, args, { stdio: [commands, answers, "ignore"], detached: true });
      if (child.pid) started.push(child.pid);
      return child;
    },
  });
}

/** What the agent before has left to the next one. */
async function left(command?: string[]): Promise<ProcessName> {
  const before = waiting(undefined, command);
  await before.prepare();
  await before.prepare(); // one is enough
  const name = before.leave();
  if (!name) throw new Error("nothing waits");
  expect(started).toEqual([name.pid]);
  return name;
}

/** The same of an agent that was a process of its own, and has ended. */
async function leftByProcess(): Promise<ProcessName> {
  const { stdout } = await promisify(execFile)(process.execPath, [AGENT, join(root, "pipes")]);
  const name = JSON.parse(stdout) as ProcessName;
  started.push(name.pid);
  return name;
}

test("a worker that waits outlives its agent, listens for the next one's job, and is used once", async () => {
  const name = await leftByProcess();
  await sleep(ENDED_MS); // so long it would take to end with it
  expect(runs(name.pid)).toBe(true);
  const next = waiting(name);
  const worker = next.take();
  expect(next.take()).toBeUndefined();
  if (!worker) throw new Error("it did not wait");
  const job = new Job(worker, { act: "callback", job: JOB }, 9000);
  const { port } = await framesUntil(job, "listening");
  expect((await fetch(`http://127.0.0.1:${port}/cb?code=c`)).status).toBe(200);
  expect((await framesUntil(job, "callback")).parameters).toEqual({ code: "c" });
  expect((await all(job)).map(({ type }) => type)).toEqual(["listening", "callback", "done"]);
  expect(started.filter(runs)).toEqual([]);
});

test("a job of it that is stopped, or whose agent leaves, ends with its process", async () => {
  for (const end of ["stop", "leave"] as const) {
    const next = waiting(await left(STAND_IN));
    const worker = next.take();
    if (!worker) throw new Error("it did not wait");
    const job = new Job(worker, { act: "callback", job: JOB }, 9000);
    await framesUntil(job, "listening");
    if (end === "stop") await job.stop();
    else expect(next.leave()).toBeUndefined();
    await expect.poll(() => started.filter(runs), { timeout: 5000 }).toEqual([]);
    started.length = 0;
  }
});

test("where it has ended meanwhile, a listener is started anew", async () => {
  const name = await left(STAND_IN);
  const next = waiting(name);
  process.kill(name.pid, "SIGKILL");
  await expect.poll(() => runs(name.pid)).toBe(false);
  const acts: string[] = [];
  const startWorker = async (act: "callback" | "tool" | "capture") => {
    acts.push(act);
    const [file = "", ...args] = listener("");
    return spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], detached: true });
  };
  const { calls } = new JobTable({ home: root, shims: root, startWorker, takeWaiting: () => next.take() });
  const context = { signal: new AbortController().signal };
  const { jobId } = await calls["signin.start"]({ job: JOB }, context);
  const said = await calls["signin.frames"]({ jobId, after: 0, waitMs: 9000 }, context);
  expect(said.frames).toMatchObject([{ type: "listening" }]);
  await calls["signin.stop"]({ jobId }, context);
  expect(acts).toEqual(["callback"]);
});

test("it is for a listener: a tool has a worker of its own", async () => {
  const next = waiting(await left(STAND_IN));
  const acts: string[] = [];
  const startWorker = async (act: "callback" | "tool" | "capture") => {
    acts.push(act);
    return spawn("sleep", ["60"], { stdio: ["pipe", "pipe", "ignore"], detached: true });
  };
  const { calls } = new JobTable({ home: root, shims: root, startWorker, takeWaiting: () => next.take() });
  const context = { signal: new AbortController().signal };
  const tool = { kind: "tool" as const, command: ["x"], env: {}, prompts: [], files: [], timeoutMs: 9000 };
  const { jobId } = await calls["signin.start"]({ job: tool }, context);
  await calls["signin.stop"]({ jobId }, context);
  expect(acts).toEqual(["tool"]);
  expect(next.leave()).toBeDefined();
});

test("one that does not come to wait is no worker, and its agent is told", async () => {
  const broken = waiting(undefined, [process.execPath, "-e", "process.exit(3)"]);
  await expect(broken.prepare()).rejects.toThrow("ended, or took too long");
  expect(broken.leave()).toBeUndefined();
  expect(broken.take()).toBeUndefined();
});
