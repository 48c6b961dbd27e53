import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GuestChannel, type GuestHandlers } from "@browservm/contract/channel/guest-channel";
import { HostChannel } from "@browservm/contract/channel/host-channel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentLog } from "./agent-log.ts";
import { Browser } from "./browser/browser.ts";
import { Clipboard } from "./display/clipboard.ts";
import { Display } from "./display/display.ts";
import { ExecTable } from "./exec/exec-table.ts";
import { makeHandlers } from "./handlers.ts";
import { makeHello } from "./hello.ts";
import { makeIdentityCalls } from "./identity/identity-calls.ts";
import { JobTable } from "./signin/job-table.ts";
import { VmIdentity } from "./vm-identity.ts";

const EPOCH = "0123456789abcdef0123456789abcdef";
const call = { timeoutMs: 5000 };
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hello-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** The agent without a browser and the host's end, joined by memory. */
async function joined() {
  const log = new AgentLog({ write: () => {} });
  const identity = new VmIdentity();
  const display = new Display(log);
  const browser = new Browser({ log, sessionEnvironment: async () => ({}), onExit: () => {} });
  const manifestPath = join(directory, "manifest.json");
  await writeFile(manifestPath, '{"version":1,"files":[]}');
  const hello = makeHello({
    log,
    identity,
    display,
    sound: { keepRunning: () => {} },
    browser,
    manifestPath,
    bootId: "boot",
    image: { id: "tiny-1", hasBrowser: false },
    startPage: "/start.html",
    hastenNeighbours: async () => {},
    incarnation: "first",
    settle: () => {},
  });
  const identityCalls = makeIdentityCalls({
    log,
    identity,
    display,
    browser,
    startPage: "/start.html",
    standBy: async () => {},
    reexecute: () => {},
  });
  const clipboard = new Clipboard({ isReady: () => false });
  const execs = new ExecTable({ note: async () => {}, sessionEnvironment: async () => ({}) });
  const signins = new JobTable({
    home: directory,
    shims: directory,
    startWorker: async () => Promise.reject(new Error("none here")),
  });
  const handlers: GuestHandlers = makeHandlers({
    clipboard,
    log,
    execs,
    signins,
    display,
    browser,
    hello,
    identityCalls,
  });
  const guest = new GuestChannel({
    write: async (bytes) => host.receive(bytes),
    handlers,
    onOddity: () => {},
  });
  const host = new HostChannel({
    write: (bytes) => {
      queueMicrotask(() => guest.receive(bytes));
      return true;
    },
    now: () => performance.now(),
    onOpen: () => {},
    onLost: () => {},
    onNote: () => {},
    onFault: () => {},
  });
  host.open(EPOCH);
  await expect.poll(() => host.isOpen).toBe(true);
  return { host, identity, manifestPath };
}

const words = (nonce: string) => ({
  vmId: "vm_a",
  nonce,
  token: `token of ${nonce}`,
  hostTime: new Date().toISOString(),
});

test("hello says what this guest is, and a second one replaces the secrets", async () => {
  const { host, identity } = await joined();
  expect(await host.call("hello", words("n1"), call)).toMatchObject({
    bootId: "boot",
    image: "tiny-1",
    hasBrowser: false,
    incarnation: "first",
    injected: [],
  });
  await host.call("hello", words("n2"), call);
  expect(identity.known).toEqual({ vmId: "vm_a", nonce: "n2" });
  expect(identity.isToken("token of n1")).toBe(false);
});

test("hello names an injected file that is missing, and the secrets reach no log line", async () => {
  const { host, manifestPath } = await joined();
  const file = { path: join(directory, "gone"), mode: 0o644, sha256: "0".repeat(64) };
  await writeFile(manifestPath, JSON.stringify({ version: 1, files: [file] }));
  expect(await host.call("hello", words("n1"), call)).toMatchObject({
    injected: [{ path: file.path, state: "missing" }],
  });
  const { lines } = await host.call("agent.log", { after: 0, waitMs: 0 }, call);
  expect(lines.join("\n")).toContain("is missing");
  expect(lines.join("\n")).not.toContain("n1");
});

test("a guest without a browser says so, and refuses what needs one", async () => {
  const { host } = await joined();
  expect(await host.call("browser.status", {}, call)).toEqual({ running: false, painted: false });
  expect(await host.call("display.info", {}, call)).toEqual({ ready: false, width: 1280, height: 720 });
  await expect(host.call("browser.navigate", { url: "about:blank" }, call)).rejects.toMatchObject({
    code: "GUEST_CALL_FAILED",
    message: "the browser does not run",
  });
  await expect(host.call("display.resize", { width: 640, height: 480 }, call)).rejects.toMatchObject({
    code: "GUEST_CALL_FAILED",
  });
  await expect(host.call("exec.kill", { execId: 1, signal: "SIGTERM" }, call)).rejects.toMatchObject({
    message: "there is no such process",
  });
});
