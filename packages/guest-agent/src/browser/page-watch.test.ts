import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { CdpPipeOptions } from "./cdp-pipe.ts";
import { PageWatch } from "./page-watch.ts";

type Answer = (call: { id: number; method: string; params: Record<string, unknown> }) => unknown;

/** A browser that answers by a table, with one page. */
function browserWith(answers: Record<string, Answer>, options: CdpPipeOptions = {}, log: string[] = []) {
  const toBrowser = new PassThrough();
  const fromBrowser = new PassThrough();
  const say = (message: unknown) => fromBrowser.write(`${JSON.stringify(message)}\0`);
  const target = (url: string, targetId = "T1") => ({
    method: "Target.targetCreated",
    params: { targetInfo: { targetId, type: "page", url, title: url, attached: false } },
  });
  const table: Record<string, Answer> = {
    "Browser.getVersion": () => ({ product: "Chrome/1" }),
    "Target.setDiscoverTargets": () => {
      say(target("file:///start"));
      return {};
    },
    "Target.getTargets": () => ({ targetInfos: [target("file:///start").params.targetInfo] }),
    "Target.attachToTarget": () => ({ sessionId: "S1" }),
    "Runtime.evaluate": () => ({ result: { type: "boolean", value: true } }),
    "Page.navigate": () => ({ frameId: "F" }),
    ...answers,
  };
  toBrowser.on("data", (bytes: Buffer) => {
    for (const json of bytes.toString().split("\0").filter(Boolean)) {
      const call = JSON.parse(json);
      const result = table[call.method]?.(call);
      if (result instanceof Error) say({ id: call.id, error: { code: -1, message: result.message } });
      else if (result !== undefined) say({ id: call.id, result });
    }
  });
  const watch = new PageWatch({ toBrowser, fromBrowser }, (line) => log.push(line), options);
  return { watch, say, target };
}

test("has painted when the page's two frames ran, and knows version and page", async () => {
  const { watch } = browserWith({});
  expect(watch.painted).toBe(false);
  await watch.start();
  expect(watch).toMatchObject({ painted: true, version: "Chrome/1", page: { url: "file:///start" } });
});

test("waits again in the new document when the old one went away", async () => {
  let tries = 0;
  const { watch } = browserWith({
    "Runtime.evaluate": () => {
      tries += 1;
      return tries < 3 ? new Error("Execution context was destroyed.") : { result: { value: true } };
    },
  });
  await watch.start();
  expect(tries).toBe(3);
});

test("logs no more of a page's address than its path: the rest can be a code", async () => {
  const log: string[] = [];
  let tries = 0;
  const answers: Record<string, Answer> = {
    "Target.setDiscoverTargets": () => {
      opened.say(opened.target("http://localhost:1/cb?code=planted#planted"));
      return {};
    },
    "Runtime.evaluate": () => {
      tries += 1;
      return tries < 3 ? new Error("context was destroyed") : { result: { value: true } };
    },
  };
  const opened = browserWith(answers, {}, log);
  await opened.watch.start();
  expect(log.filter((line) => line.includes("http://localhost:1/cb"))).toHaveLength(1);
  expect(log.join()).not.toContain("planted");
});

test("is not painted after a navigation until the new page is", async () => {
  let evaluate: Answer = () => ({ result: { value: true } });
  const { watch, say } = browserWith({ "Runtime.evaluate": (call) => evaluate(call) });
  await watch.start();
  let waiting = 0;
  evaluate = ({ id }) => {
    waiting = id;
    return undefined;
  };
  expect(await watch.navigate("https://a.example")).toMatchObject({ accepted: true });
  expect(watch.painted).toBe(false);
  await expect.poll(() => waiting).toBeGreaterThan(0);
  say({ id: waiting, result: { result: { value: true } } });
  await expect.poll(() => watch.painted).toBe(true);
});

test("tells why a navigation failed", async () => {
  const { watch } = browserWith({ "Page.navigate": () => ({ frameId: "F", errorText: "net::ERR_ABORTED" }) });
  await watch.start();
  expect(await watch.navigate("https://a.example")).toMatchObject({
    accepted: false,
    errorText: "net::ERR_ABORTED",
  });
});

test("goes on with another page when the watched one is closed", async () => {
  const attached: unknown[] = [];
  const { watch, say, target } = browserWith({
    "Target.attachToTarget": ({ params }) => {
      attached.push(params.targetId);
      return { sessionId: `S${attached.length}` };
    },
  });
  await watch.start();
  say(target("https://two", "T2"));
  say({ method: "Target.targetDestroyed", params: { targetId: "T1" } });
  await expect.poll(() => watch.page?.url).toBe("https://two");
  await watch.navigate("https://three");
  expect(attached).toEqual(["T1", "T2"]);
});

/** Frames never come, although the page says that it is complete. */
const frozen = (asked: string[]) => ({
  "Runtime.evaluate": ({ params }: { params: Record<string, unknown> }) =>
    String(params.expression).includes("requestAnimationFrame")
      ? new Error("Runtime.evaluate: no answer in time")
      : { result: { value: "complete visible" } },
  "Page.bringToFront": () => {
    asked.push("front");
    return {};
  },
  "Page.reload": () => {
    asked.push("reload");
    return {};
  },
});

test("our own page that draws no frames is brought to the front, reloaded, and given up", async () => {
  const asked: string[] = [];
  const { watch } = browserWith(frozen(asked));
  await expect(watch.start()).rejects.toThrow("draws no frames");
  expect(asked).toEqual(["front", "reload"]);
});

const inherited = { isInherited: true };
/** One that told of its pages before, and does not again. */
const silent = { "Target.setDiscoverTargets": () => ({}) };

test("a browser that another agent left is known by asking, for it does not tell again", async () => {
  const { watch } = browserWith(silent, inherited);
  await watch.resume();
  expect(watch).toMatchObject({ painted: true, version: "Chrome/1", page: { url: "file:///start" } });
});

test("after a navigation that another agent began, what the old page paints does not count", async () => {
  let looks = 0;
  const counted = () => {
    looks += 1;
    return { result: { value: true } };
  };
  const { watch, say } = browserWith({ ...silent, "Runtime.evaluate": counted }, inherited);
  const painted = watch.resume(7);
  await expect.poll(() => watch.page?.url).toBe("file:///start");
  expect([looks, watch.painted]).toEqual([0, false]);
  say({ id: 7, result: { frameId: "F" } });
  await painted;
  expect([looks, watch.painted]).toEqual([1, true]);
});

test("a browser that ends before it has answered fails the wait, and nothing else", async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listen);
  try {
    const { watch } = browserWith({ "Browser.getVersion": () => undefined }, inherited);
    const painted = watch.resume(7);
    watch.close();
    await expect(painted).rejects.toThrow("the browser has ended");
    await setTimeout(10); // unhandled rejections are told once the microtasks have run
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", listen);
  }
});

test("the last navigation of an agent is asked for in its page, and is the next one's to await", async () => {
  const asked: Array<{ id: number; sessionId?: string; params: Record<string, unknown> }> = [];
  const navigate: Answer = (call) => {
    asked.push(call);
    return undefined;
  };
  const { watch } = browserWith({ "Page.navigate": navigate });
  await watch.start();
  const id = await watch.navigateAndLeave("file:///start");
  expect(asked).toMatchObject([{ id, sessionId: "S1", params: { url: "file:///start" } }]);
  expect(watch.painted).toBe(false);
});
