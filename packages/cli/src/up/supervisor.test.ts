import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, type Progress, paths, resolveConfig, silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Output } from "../output.ts";
import type { ServiceSpec } from "./service-specs.ts";
import { Supervisor } from "./supervisor.ts";
import { claimMachine } from "./up-record.ts";

class Noted extends Output {
  readonly lines: string[] = [];
  override note(line: string): void {
    this.lines.push(line);
  }
}

let directory: string;
let config: Config;
let output: Noted;
let supervisor: Supervisor;
let aborting: AbortController;
let progress: Progress;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "bvm-supervisor-"));
  const env = { BROWSERVM_RUN_DIR: join(directory, "run"), BROWSERVM_STATE_DIR: join(directory, "state") };
  config = resolveConfig({ env }).config;
  mkdirSync(paths(config).logs, { recursive: true });
  output = new Noted({ json: false });
  supervisor = new Supervisor(config, output, await claimMachine(config), { lookMs: 10 });
  aborting = new AbortController();
  progress = silentProgress(aborting.signal);
});
afterEach(async () => {
  await supervisor.stop(progress);
  rmSync(directory, { recursive: true });
});

/** A service that runs this script of the shell, and is never there unless that is said. */
const service = (script: string, over: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name: "gateway",
  file: "/bin/sh",
  args: ["-c", script],
  cwd: directory,
  env: {},
  ready: async () => "it does not answer",
  responds: async () => undefined,
  readyMs: 500,
  ...over,
});

describe("the first start of a service that the others do without", () => {
  test("may fail: that is told, and it is started again until it is there", async () => {
    const [tried, there] = [join(directory, "tried"), join(directory, "there")];
    const script = `test -e ${tried} && touch ${there} && exec sleep 60; touch ${tried}; exit 1`;
    await supervisor.start(progress, service(script, { isOptional: true }));
    await expect.poll(() => existsSync(there), { timeout: 5000 }).toBe(true);
    expect(output.lines).toEqual([
      expect.stringMatching(/^gateway .* the others go on without it: gateway ended before it was ready/),
      expect.stringMatching(/^gateway .* it ended; started again in 500 ms$/),
    ]);
    expect(await Promise.race([supervisor.failed, "alive"])).toBe("alive");
  });

  test("may take too long: nobody waits for it, and it is not ended", async () => {
    await supervisor.start(progress, service("exec sleep 60", { isOptional: true }));
    expect(output.lines).toEqual([expect.stringContaining("not ready: it does not answer")]);
  });

  test("that is cancelled ends the start of everything", async () => {
    aborting.abort();
    const starting = supervisor.start(progress, service("exec sleep 60", { isOptional: true }));
    await expect(starting).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

test("the first start of one that they need may not fail", async () => {
  await expect(supervisor.start(progress, service("exit 1"))).rejects.toThrow("ended before it was ready");
  expect(output.lines).toEqual([]);
});

test("one that runs and answers nothing any more is ended, and started again", async () => {
  const begun = join(directory, "begun");
  // The first one stops itself: it hears no polite signal.
  const script = `echo x >> ${begun}; test $(wc -l < ${begun}) = 2 && exec sleep 60; kill -STOP $$`;
  const starts = () => readFileSync(begun, "utf8").length / 2;
  let isSilent = false;
  const responds = async () => (isSilent ? "silence" : undefined);
  await supervisor.start(progress, service(script, { ready: responds, responds }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(starts()).toBe(1);
  isSilent = true;
  await expect.poll(() => output.lines.length, { timeout: 5000 }).toBe(2);
  isSilent = false;
  await expect.poll(starts, { timeout: 5000 }).toBe(2);
  expect(output.lines).toEqual([
    expect.stringMatching(/^gateway .* it runs and does not answer \(silence\): it is ended$/),
    expect.stringMatching(/^gateway .* it ended; started again in 500 ms$/),
  ]);
});
