import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GuestChannel, type GuestHandlers } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectGuest } from "./connect-guest.ts";

const log = pino({ level: "silent" });
const hello = {
  vmId: "vm_a",
  nonce: "nonce",
  token: "token",
  hostTime: "2026-01-01T00:00:00Z",
};
const helloResult = {
  agentVersion: "1",
  bootId: "b",
  image: "i",
  hasBrowser: false,
  incarnation: "a",
  injected: [],
  uptimeMs: 1,
};

let directory = "";
let socketPath = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "guest-"));
  socketPath = join(directory, "ctl.sock");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The VMM's socket with an agent behind it, as QEMU's chardev has it. */
class FakeVmm implements AsyncDisposable {
  readonly sockets = new Set<Socket>();
  agent: GuestChannel | undefined;
  #server: Server | undefined;

  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("error", () => {}); // the host may leave at any moment
      socket.on("data", (bytes) => this.agent?.receive(bytes));
      socket.on("close", () => this.sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  }

  startAgent(handlers: Partial<GuestHandlers>): GuestChannel {
    this.agent = new GuestChannel({
      write: async (bytes) => this.say(bytes),
      handlers: handlers as GuestHandlers,
      onOddity: () => {},
    });
    return this.agent;
  }

  say(bytes: Uint8Array | string): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  dropHost(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropHost();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

const clockSet = { "clock.set": () => ({ stepMs: 5 }) };
const now = { time: "2026-01-01T00:00:00Z" };

describe("the connection to a guest", () => {
  test("opens although socket and agent come later, and calls go through", async () => {
    await using guest = connectGuest({ socketPath, log });
    const call = guest.call("clock.set", now, { timeoutMs: 5000 });
    await using vmm = new FakeVmm();
    await vmm.listen();
    await expect.poll(() => vmm.sockets.size).toBe(1);
    const agent = vmm.startAgent(clockSet);
    await agent.sayLost();
    expect(await call).toEqual({ stepMs: 5 });
    await guest.connected(AbortSignal.timeout(100));
  });

  test("says so when nobody answers in time", async () => {
    await using vmm = new FakeVmm();
    await vmm.listen();
    await using guest = connectGuest({ socketPath, log });
    await expect(guest.call("clock.set", now, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "AGENT_UNREACHABLE",
    });
    await expect(guest.connected(AbortSignal.timeout(50))).rejects.toThrow();
    const stop = AbortSignal.abort();
    await expect(guest.call("clock.set", now, { timeoutMs: 100, signal: stop })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  test("comes back by itself when the socket was lost", async () => {
    await using vmm = new FakeVmm();
    await vmm.listen();
    vmm.startAgent(clockSet);
    await using guest = connectGuest({ socketPath, log });
    await guest.connected(AbortSignal.timeout(5000));
    let resets = 0;
    guest.onReset?.(() => {
      resets += 1;
    });
    vmm.dropHost();
    await expect.poll(() => resets).toBeGreaterThan(0);
    expect(await guest.call("clock.set", now, { timeoutMs: 5000 })).toEqual({ stepMs: 5 });
  });

  test("tells an agent that started anew who it is, before anything else is asked", async () => {
    const asked: string[] = [];
    const handlers: Partial<GuestHandlers> = {
      hello: ({ nonce }) => {
        asked.push(`hello ${nonce}`);
        return helloResult;
      },
      "clock.set": () => {
        asked.push("clock.set");
        return { stepMs: 0 };
      },
    };
    await using vmm = new FakeVmm();
    await vmm.listen();
    vmm.startAgent(handlers);
    await using guest = connectGuest({ socketPath, log });
    await guest.call("hello", hello, { timeoutMs: 5000 });
    const lost = guest.call("network.get", {}, { timeoutMs: 5000 });
    await vmm.startAgent(handlers).sayLost();
    await expect(lost).rejects.toMatchObject({
      code: expect.stringMatching(/AGENT_UNREACHABLE|GUEST_CALL_FAILED/),
    });
    await guest.call("clock.set", now, { timeoutMs: 5000 });
    expect(asked).toEqual(["hello nonce", "hello nonce", "clock.set"]);
  });

  test("passes notes on to those who listen, until they stop", async () => {
    await using vmm = new FakeVmm();
    await vmm.listen();
    const agent = vmm.startAgent({});
    await using guest = connectGuest({ socketPath, log });
    await guest.connected(AbortSignal.timeout(5000));
    const codes: unknown[] = [];
    const stop = guest.onNote("browser.exited", ({ code }) => codes.push(code));
    await agent.note("browser.exited", { code: 1, signal: null });
    await expect.poll(() => codes).toEqual([1]);
    stop();
    await agent.note("browser.exited", { code: 2, signal: null });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(codes).toEqual([1]);
  });

  test("gives a guest up that floods it, and does not come back to it", async () => {
    await using vmm = new FakeVmm();
    await vmm.listen();
    vmm.startAgent(clockSet);
    await using guest = connectGuest({ socketPath, log });
    await guest.connected(AbortSignal.timeout(5000));
    vmm.say("not a frame\n".repeat(100));
    await expect.poll(() => vmm.sockets.size).toBe(0);
    await expect(guest.call("clock.set", now, { timeoutMs: 1000 })).rejects.toMatchObject({
      code: "AGENT_PROTOCOL",
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(vmm.sockets.size).toBe(0);
  });

  test("fails what waits when it is let go", async () => {
    const guest = connectGuest({ socketPath, log });
    const call = guest.call("clock.set", now, { timeoutMs: 5000 });
    const failure = expect(call).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    await guest[Symbol.asyncDispose]();
    await failure;
  });
});
