import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SigninFrame } from "@browservm/contract/guest/signin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readProcess } from "../process/process-facts.ts";
import { all, framesUntil, TestJobs } from "./testing/test-jobs.ts";

const PROMPTS = [
  { id: "trust", pattern: "^do you trust this directory", answer: "y\r", times: 1 },
  { id: "way", pattern: "sign in\\?\\s+1\\. in a browser", answer: "1\r", times: 1 },
];
const PATIENT = { timeout: 30_000 };

let jobs: TestJobs;
beforeEach(async () => {
  jobs = await TestJobs.make();
});
afterEach(() => jobs[Symbol.asyncDispose]());

/** The person signs in: the provider sends their browser back to the tool's own listener. */
async function callBack(url: string, code = "abc"): Promise<void> {
  const redirect = new URL(url).searchParams.get("redirect_uri");
  await fetch(`${redirect}?code=${code}`);
}

const types = (frames: readonly SigninFrame[]) => frames.map(({ type }) => type);
const credentials = () => join(jobs.home, ".stand-in/auth.json");
const failed = (code: string, message: unknown = expect.any(String)) => ({ type: "failed", code, message });

describe("a tool that signs in", PATIENT, () => {
  test("is answered, its address caught whole, its callback received by itself, its file waited for", async () => {
    const job = jobs.tool("asks", { prompts: PROMPTS });
    const { url, by } = await framesUntil(job, "url");
    expect(by).toBe("printed");
    expect(new URL(url).searchParams.get("scope")?.split(" ")).toHaveLength(12);
    await callBack(url);
    const frames = await all(job);
    expect(frames.filter(({ type }) => type !== "url")).toEqual([
      { type: "phase", phase: "running" },
      { type: "answered", id: "trust" },
      { type: "answered", id: "way" },
      { type: "exited", code: 0, signal: null },
      { type: "files_ready", paths: [".stand-in/auth.json"] },
      { type: "done" },
    ]);
    // It printed its tokens, too.
    expect(JSON.stringify(frames)).not.toContain("secret-");
  });

  test("that opens its address finds us in the browser's place, also in a session without a terminal", async () => {
    const job = jobs.tool("opens", { urlPattern: "opened=1" });
    const { url, by } = await framesUntil(job, "url");
    expect([by, new URL(url).searchParams.get("opened")]).toEqual(["opened", "1"]);
    await callBack(url);
    expect(types(await all(job)).filter((type) => type === "url")).toHaveLength(1);
  });

  test("that goes on running tells when its files are ready, and ends when it is stopped", async () => {
    const job = jobs.tool("stays slow-write");
    await callBack((await framesUntil(job, "url")).url);
    await framesUntil(job, "files_ready");
    expect(JSON.parse(readFileSync(credentials(), "utf8"))).toHaveProperty("access_token", "secret-abc");
    await job.stop();
    expect((await job.after(0, 0, AbortSignal.timeout(1000))).ended).toBe(true);
  });

  test("that asks what only a person knows is answered by one", async () => {
    const prompts = [...PROMPTS, { id: "code", pattern: "paste the code here", times: 1 }];
    const job = jobs.tool("asks code", { prompts });
    expect(await framesUntil(job, "asking")).toEqual({ type: "asking", id: "code" });
    job.type("good-code\r");
    await callBack((await framesUntil(job, "url")).url);
    expect((await all(job)).at(-1)).toEqual({ type: "done" });
  });

  test("is found below the home, where its installer has just put it", async () => {
    const script = `#!/bin/sh\nmkdir .stand-in; echo '{"access_token":"x"}' >.stand-in/auth.json\n`;
    const put = 'mkdir -p .local/bin; printf %s "$1" >.local/bin/tool; chmod 755 .local/bin/tool';
    const install = { command: ["sh", "-c", put, "sh", script], timeoutMs: 5000 };
    const frames = await all(jobs.tool("", { install, command: [".local/bin/tool"] }));
    expect(frames.at(-1)).toEqual({ type: "done" });
  });

  test("is installed first, and what installs it may fail", async () => {
    const mark = join(jobs.root, "installed");
    const install = { command: ["touch", mark], timeoutMs: 5000 };
    const job = jobs.tool("exits", { install });
    expect((await all(job)).slice(0, 2)).toEqual([
      { type: "phase", phase: "installing" },
      { type: "phase", phase: "running" },
    ]);
    expect(existsSync(mark)).toBe(true);
    const broken = jobs.tool("", { install: { command: ["false"], timeoutMs: 5000 } });
    expect((await all(broken)).at(-1)).toEqual(
      failed("SIGNIN_TOOL_INSTALL_FAILED", "the install command ended with status 1"),
    );
    const slow = jobs.tool("", { install: { command: ["sleep", "60"], timeoutMs: 1000 } });
    expect((await all(slow)).at(-1)).toEqual(
      failed("SIGNIN_TOOL_INSTALL_FAILED", "the install command did not end in time"),
    );
  });

  test("finds credentials from before: they are old until it says by its end that they are good", async () => {
    mkdirSync(join(jobs.home, ".stand-in"));
    writeFileSync(credentials(), "{}");
    const job = jobs.tool("hangs", {}, 2500);
    expect(types(await all(job))).toEqual(["phase", "failed"]);
    const satisfied = jobs.tool("", { command: ["true"] });
    expect(types(await all(satisfied))).toEqual(["phase", "exited", "files_ready", "done"]);
  });
});

describe("a tool that does not do as it should", PATIENT, () => {
  const ended = (status: number) => `the tool ended with status ${status} before its files were there`;

  test("exits early", async () => {
    expect((await all(jobs.tool("exits"))).at(-1)).toEqual(failed("SIGNIN_TOOL_ENDED", ended(3)));
  });

  test("asks what nobody expects, and so never ends", async () => {
    // Its prompts have changed: no pattern fits.
    const prompts = [{ id: "x", pattern: "another question", answer: "y\r", times: 1 }];
    expect((await all(jobs.tool("asks", { prompts }, 3000))).at(-1)).toEqual(failed("SIGNIN_JOB_TIMED_OUT"));
  });

  test("floods its terminal", async () => {
    expect((await all(jobs.tool("floods"))).at(-1)).toEqual(failed("SIGNIN_TOOL_FLOODS"));
  });

  test.each([
    ["no-file", failed("SIGNIN_FILES_MISSING", expect.stringContaining(".stand-in/auth.json is not there"))],
    ["malformed", failed("SIGNIN_FILE_MALFORMED", ".stand-in/auth.json is not JSON")],
    ["no-file fails-late", failed("SIGNIN_TOOL_ENDED", ended(9))],
  ])("%s", async (plan, last) => {
    const job = jobs.tool(plan);
    await callBack((await framesUntil(job, "url")).url);
    expect((await all(job)).at(-1)).toEqual(last);
  });

  test("puts a link in the place of its file", async () => {
    writeFileSync(join(jobs.root, "outside"), "{}");
    mkdirSync(join(jobs.home, ".stand-in"));
    symlinkSync(join(jobs.root, "outside"), credentials());
    const last = failed("FILE_REFUSED", ".stand-in/auth.json: it is a link");
    expect((await all(jobs.tool("hangs"))).at(-1)).toEqual(last);
  });

  test("is not there", async () => {
    const job = jobs.tool("", { command: ["no-such-tool", "login"] });
    expect((await all(job)).at(-1)).toEqual(
      failed("SIGNIN_TOOL_MISSING", "no-such-tool is not in the guest"),
    );
  });

  test("has a recipe whose pattern is none", async () => {
    const job = jobs.tool("", { urlPattern: "(" });
    expect((await all(job)).at(-1)).toMatchObject({ code: "SIGNIN_JOB_BROKEN" });
  });
});

describe("the end of a tool", PATIENT, () => {
  test.runIf(process.getuid?.() === 0)(
    "takes with it what has left its session and ignores signals",
    async () => {
      const job = jobs.tool("orphans");
      await framesUntil(job, "url");
      const inside = Number(readFileSync(join(jobs.home, "orphan.pid"), "utf8"));
      const outside = processesIn(jobs.home);
      expect(inside).toBeGreaterThan(0);
      expect(outside.length).toBeGreaterThan(1);
      await job.stop();
      expect(outside.filter((pid) => readProcess(pid))).toEqual([]);
    },
  );

  test("comes when its owner's process does", async () => {
    const worker = jobs.startWorker("tool");
    const orders = { act: "tool", home: jobs.home, shims: jobs.shims, job: { command: ["sleep", "60"] } };
    worker.stdin?.write(
      `${JSON.stringify({ ...orders, job: { ...orders.job, prompts: [], files: [], env: {} } })}\n`,
    );
    await new Promise((resolve) => worker.stdout?.once("data", resolve));
    worker.stdin?.end();
    await new Promise((resolve) => worker.once("close", resolve));
    expect(processesIn(jobs.home)).toEqual([]);
  });

  test("by whoever kills its worker is told as such", async () => {
    const job = jobs.tool("hangs");
    await framesUntil(job, "phase");
    const worker = processesIn(jobs.home).find((pid) => commandOf(pid).includes("worker/main.ts"));
    process.kill(worker ?? 0, "SIGKILL");
    expect((await all(job)).at(-1)).toEqual(failed("SIGNIN_JOB_BROKEN", "the job's process ended by itself"));
    expect(processesIn(jobs.home)).toEqual([]);
  });
});

/** Processes whose home is this test's, that have not ended. */
function processesIn(home: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`HOME=${home}`) && readProcess(pid)?.state !== "Z");
}

const commandOf = (pid: number) => read(`/proc/${pid}/cmdline`);
const environmentOf = (pid: number) => read(`/proc/${pid}/environ`).split("\0");

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
}
