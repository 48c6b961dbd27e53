import { silentProgress } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import type { Guest } from "../../packages/host/src/guest/guest.ts";
import { explainConsole } from "../../packages/host/src/logs/explain-console.ts";
import { tail } from "../../packages/host/src/logs/tail.ts";
import { openVmm } from "../../packages/host/src/vmm/drivers.ts";
import type { VmMonitor } from "../../packages/host/src/vmm/vmm.ts";
import { VmmBench } from "./vmm-fixtures.ts";

const { driver } = openVmm("fake");
const log = pino({ level: "silent" });
const HELLO = {
  vmId: "vm_aaaaaaaaaaaaaaaaaaaa",
  nonce: "n-1",
  token: "t-1",
  hostTime: "2026-01-01T00:00:00.000Z",
};

const running: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of running.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

/** A fake VM whose guest is planned by `words`, and hostd's end of its control channel. */
async function launch(words: string): Promise<{ vmm: VmMonitor; guest: Guest; bench: VmmBench }> {
  const bench = await VmmBench.make("/no/kernel", "idle", { fake: words });
  running.push(bench);
  const vmm = await driver.launch(silentProgress(), bench.spec);
  const guest = connectGuest({ socketPath: vmm.controlSocket, log });
  running.push(guest);
  return { vmm, guest, bench };
}
const hello = (guest: Guest, timeoutMs = 20_000) => guest.call("hello", HELLO, { timeoutMs });

describe("a fake VM", () => {
  test("answers the contract's calls and tells its notes", async () => {
    const { guest, bench } = await launch("fake.browser=painted");
    expect(await hello(guest)).toMatchObject({ agentVersion: "fake", hasBrowser: true });
    const network = await guest.call("network.get", {}, { timeoutMs: 5000 });
    expect(network.links[1]).toMatchObject({ name: "eth0", mac: bench.spec.address.mac, up: true });
    const said = Promise.withResolvers<string>();
    guest.onNote("exec.output", ({ data }) => said.resolve(Buffer.from(data, "base64").toString()));
    await guest.call("exec.start", { command: ["echo", "hi"] }, { timeoutMs: 5000 });
    expect(await said.promise).toBe("echo hi\n");
  });

  test("ends when it is told to shut down over the channel", async () => {
    const { vmm, guest } = await launch("");
    await hello(guest);
    await guest.call("shutdown", { mode: "poweroff" }, { timeoutMs: 5000 });
    expect(await vmm.exited).toEqual({ code: 0, signal: null, observed: true });
  });

  test.each([
    ["never boots", "fake.boot=never", "AGENT_UNREACHABLE"],
    ["is silent", "fake.agent=silent", "AGENT_UNREACHABLE"],
    ["answers garbage", "fake.agent=garbage", "AGENT_"],
    ["sends a line without an end", "fake.agent=overlong", "AGENT_"],
    ["floods", "fake.agent=flood", "AGENT_"],
  ])("whose guest %s fails hostd's call in time", async (_, words, code) => {
    const { guest, vmm } = await launch(words);
    const failure = await hello(guest, 2000).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringContaining(code) });
    expect(process.memoryUsage().rss).toBeLessThan(600 * 1024 * 1024);
    expect(await vmm.status()).toBe("running");
  });

  test("lies about its nonce when it is planned to, and serves nothing without a plan", async () => {
    const nonceAt = (port: number) =>
      fetch(`http://127.0.0.1:${port}/nonce`).then((response) => response.json());
    for (const [port, words] of [
      [18_080, ""],
      [18_081, "fake.nonce=lie"],
    ] as const) {
      const { guest } = await launch(`fake.http=127.0.0.1:${port} ${words}`);
      await hello(guest);
      const answer = await nonceAt(port);
      expect(answer).toMatchObject({ vmId: HELLO.vmId });
      const truth = expect.objectContaining({ nonce: HELLO.nonce });
      expect(answer).toEqual(words === "" ? truth : expect.not.objectContaining({ nonce: HELLO.nonce }));
    }
    await launch("");
    await expect(nonceAt(18_082)).rejects.toThrow();
  });

  test("that ends at once is VMM_EXITED_EARLY with its last words", async () => {
    await expect(launch("fake.boot=exit")).rejects.toMatchObject({
      code: "VMM_EXITED_EARLY",
      details: { stderr: ["fake-vmm: ended as planned"] },
    });
  });

  test("dies as planned, and its console tells of a guest without memory", async () => {
    const { vmm, bench } = await launch("fake.boot=out-of-memory fake.diesAfterMs=300");
    expect(await vmm.exited).toMatchObject({ code: 7 });
    expect(explainConsole(await tail(bench.spec.logs.console, 50))).toBe("GUEST_OUT_OF_MEMORY");
  });
});
