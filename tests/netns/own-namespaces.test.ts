import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PoolOptions, WorkerRequest } from "vitest/node";
import { OWN_NAMESPACES } from "../harness/own-namespaces.ts";

const networkOf = (process: number | "self") => readlinkSync(`/proc/${process}/ns/net`);

test("this file has a network and names of namespaces of its own, and sees no processes of the file beside it", () => {
  // The first process is still in the network of the whole run, and knows nothing but this file.
  expect(networkOf("self")).not.toBe(networkOf(1));
  expect(process.ppid).toBe(1);
  expect(
    readdirSync("/proc").filter(
      (name) => /^\d+$/.test(name) && networkOf(Number(name)) !== networkOf("self"),
    ),
  ).toEqual(["1"]);
  expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).toBe("");
});

const VITEST = new URL("../../node_modules/vitest/dist", import.meta.url).pathname;
/** A worker that hears nothing: not that it shall end, and not that vitest has. */
const DEAF = ["--import", "data:text/javascript,setTimeout(() => { for (;;); }, 100)"];
const optionsOf = (execArgv: string[]) => ({ distPath: VITEST, env: process.env, execArgv }) as PoolOptions;

/** Command lines of the processes that this file sees and a worker is made of. */
function workers(): string[] {
  const lineOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    } catch {
      return ""; // gone meanwhile
    }
  };
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return others.map(lineOf).filter((line) => line.includes("--import data:"));
}

test("a worker that is stopped has left no process when that settles, whatever it was doing", async () => {
  const worker = OWN_NAMESPACES.createPoolWorker(optionsOf(DEAF));
  await worker.start();
  await expect.poll(workers).toContainEqual(expect.stringContaining(join(VITEST, "workers/forks.js")));
  await worker.stop();
  expect(workers()).toEqual([]);
});

test("a worker that died is told of by how it ended; what is said to it later ends nobody", async () => {
  const worker = OWN_NAMESPACES.createPoolWorker(
    optionsOf(["--import", "data:text/javascript,process.exit(7)"]),
  );
  const errors: unknown[] = [];
  await worker.start();
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const listener = (error: unknown) => errors.push(error);
  worker.on("error", listener);
  worker.on("exit", resolve);
  expect(await ended).toBe(7);
  worker.off("error", listener);
  worker.send({ type: "stop", __vitest_worker_request__: true } as WorkerRequest);
  await worker.stop();
  // An error that nobody hears would be this run's.
  await new Promise((settle) => setTimeout(settle, 100));
  expect(errors).toEqual([]);
});

test("a vitest that is killed takes its workers with it, also one that does not notice", async () => {
  const pool = new URL("../harness/own-namespaces.ts", import.meta.url).href;
  const script = `const { OWN_NAMESPACES } = await import("${pool}");
    const worker = OWN_NAMESPACES.createPoolWorker(${JSON.stringify({ distPath: VITEST, execArgv: DEAF })});
    await worker.start();`;
  const vitest = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
  const deaf = () => workers().filter((line) => line.includes("forks.js"));
  await expect.poll(() => deaf().length, { timeout: 10_000 }).toBeGreaterThan(0);
  await new Promise((settle) => setTimeout(settle, 1000)); // it hears nothing from now on
  vitest.kill("SIGKILL");
  await once(vitest, "exit");
  await expect.poll(workers, { timeout: 5000 }).toEqual([]);
});
