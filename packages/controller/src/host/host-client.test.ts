import { VmId } from "@browservm/contract";
import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostClient } from "./host-client.ts";

const vmId = VmId.parse(`vm_${"a".repeat(20)}`);
const sessionId = `ses_${"a".repeat(20)}`;
const LARGEST_MIB = 65_536;
/** What the slowest driver gives itself to freeze the largest VM (packages/host/src/vmm/qemu/freeze.ts). */
const DRIVER_MS = 30_000 + 50 * LARGEST_MIB;

const { timeout } = AbortSignal;
let asked: number[] = [];
beforeEach(() => {
  asked = [];
  AbortSignal.timeout = (ms) => {
    asked.push(ms);
    return timeout.call(AbortSignal, ms);
  };
});
afterEach(() => {
  AbortSignal.timeout = timeout;
});

/** The deadline of a call that nobody answers, in milliseconds. */
async function deadlineOf(call: Promise<unknown>): Promise<number> {
  await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^HOST_UNREACHABLE|NOT_RUNNING$/) });
  return Math.max(...asked.splice(0));
}

describe("the deadline of a pause and of a fork", () => {
  test.each([0.1, 1, 20])("is longer the further away the caller is (scale %d)", async (timeoutScale) => {
    await using host = new HostClient({ socketPath: "/nowhere/hostd.sock", timeoutScale });
    const { sessions } = new BrowserVM({
      baseUrl: "http://nowhere",
      fetch: () => Promise.reject(new TypeError("fetch failed")),
    });
    const pairs = [
      [() => host.pauseVm(vmId), () => sessions.pause(sessionId)],
      [() => host.forkVm(vmId, { id: vmId }), () => sessions.fork(sessionId)],
    ] as const;
    for (const [near, far] of pairs) {
      const nearMs = await deadlineOf(near());
      expect(nearMs).toBeGreaterThan(DRIVER_MS);
      expect(await deadlineOf(far())).toBeGreaterThan(nearMs);
    }
  });
});
