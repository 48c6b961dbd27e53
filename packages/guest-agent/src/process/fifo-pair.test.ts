import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CdpPipe } from "../browser/cdp-pipe.ts";
import { FifoPair } from "./fifo-pair.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pipes-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A browser that answers the first, and after it each further, command with the same words. */
function echo({ commands, answers }: { readonly commands: number; readonly answers: number }) {
  const child = spawn("cat", { stdio: [commands, answers, "ignore"] });
  for (const fd of [commands, answers]) closeSync(fd);
  return child;
}

const open = (pipes: FifoPair) => {
  const { toChild, fromChild } = pipes.open();
  return { toBrowser: toChild, fromBrowser: fromChild };
};

test("an agent leaves, the browser lives on, and the next agent reads what was said meanwhile", async () => {
  const pipes = new FifoPair(join(directory, "browser"));
  await pipes.make();
  expect((await stat(join(directory, "browser/commands"))).mode & 0o777).toBe(0o600);
  const browser = echo(pipes.openForChild());

  const first = new CdpPipe(open(pipes), () => {});
  const said: string[] = [];
  await first.askAndLeave({ method: "Page.navigate" });
  const second = new CdpPipe(open(pipes), ({ method }) => said.push(method), { isInherited: true });
  // `cat` gives back the question, which has a number and no result.
  await second.answerTo(1, { method: "Page.navigate", timeoutMs: 5000 });
  expect(await second.call({ method: "Browser.getVersion", timeoutMs: 5000 })).toBeUndefined();
  expect(browser.exitCode).toBeNull();

  browser.kill("SIGKILL");
  await once(browser, "exit");
  second.close("the browser has ended");
  await expect(second.call({ method: "X", timeoutMs: 10 })).rejects.toThrow("has ended");
});

test("a browser that starts anew finds nothing of the one before", async () => {
  const pipes = new FifoPair(directory);
  await pipes.make();
  const { toBrowser, fromBrowser } = open(pipes);
  toBrowser.write("old words\0");
  await pipes.make();
  const browser = echo(pipes.openForChild());
  const cdp = new CdpPipe(open(pipes), () => {});
  expect(await cdp.call({ method: "X", timeoutMs: 5000 })).toBeUndefined();
  cdp.close("done");
  for (const end of [toBrowser, fromBrowser]) end.destroy();
  browser.kill("SIGKILL");
  await once(browser, "exit");
});
