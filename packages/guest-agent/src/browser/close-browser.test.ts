import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { runningChild } from "../process/running.ts";
import { closeBrowser } from "./close-browser.ts";
import type { CdpLine } from "./page-watch.ts";

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** A browser that does as its line tells it, or something else. */
async function browser(onClose: (child: ChildProcess) => void) {
  const script = 'process.stdin.on("data", (code) => process.exit(Number(code))); console.log("up")';
  const started = spawn(process.execPath, ["-e", script], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  child = started;
  const running = runningChild(started);
  await once(started.stdout, "data");
  const line: CdpLine = {
    call: async ({ method }) => {
      expect(method).toBe("Browser.close");
      onClose(started);
      return {};
    },
    listen: () => () => {},
  };
  return { running, line };
}

test.each([
  ["that closes by itself has written all that it had", (one: ChildProcess) => one.stdin?.write("0"), true],
  ["that somebody kills meanwhile may not have", (one: ChildProcess) => one.kill("SIGKILL"), false],
  ["that crashes meanwhile may not have", (one: ChildProcess) => one.kill("SIGSEGV"), false],
])("a browser %s", async (_, onClose, isClean) => {
  const { running, line } = await browser((one) => void onClose(one));
  expect(await closeBrowser(running, line)).toBe(isClean);
});

test("where none runs, nothing is unwritten", async () => {
  expect(await closeBrowser(undefined, undefined)).toBe(true);
});
