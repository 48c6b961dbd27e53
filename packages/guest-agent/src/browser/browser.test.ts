import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { AgentLog } from "../agent-log.ts";
import { Browser } from "./browser.ts";

const PAGE = "file:///start.html";

test("a browser that has not started when the agent leaves is its successor's to start", async () => {
  const looks: string[] = [];
  const browser = new Browser({
    log: new AgentLog({ write: () => {} }),
    sessionEnvironment: async () => ({}),
    onExit: () => {},
  });
  expect(await browser.renewAndLeave("renew", PAGE)).toBeUndefined();
  browser.keepRunning(() => {
    looks.push(PAGE);
    throw new Error("this agent must start none");
  });
  await setImmediate();
  expect(looks).toEqual([]);
});
