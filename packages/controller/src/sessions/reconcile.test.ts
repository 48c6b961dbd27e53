import { CreateSession, SessionId, type SessionStatus, Vm, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { planReconcile } from "./reconcile.ts";
import { lookAt, type SessionRecord } from "./session-record.ts";

const sessionId = SessionId.parse(`ses_${"a".repeat(20)}`);
const vmId = VmId.parse(`vm_${"b".repeat(20)}`);
const NOW = "2026-01-01T12:00:00.000Z";
const LATER = "2026-01-01T13:00:00.000Z";
const BEFORE = "2026-01-01T11:00:00.000Z";

const vm = Vm.parse({
  id: vmId,
  state: "ready",
  image: "tiny",
  vcpus: 1,
  memoryMib: 256,
  hasBrowser: false,
  driver: "fake",
  accelerator: "tcg",
  createdAt: BEFORE,
  steps: [],
});

function session(status: SessionStatus, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: sessionId,
    project: "default",
    status,
    request: CreateSession.parse({}),
    vmId,
    vm: lookAt(vm).look,
    createdAt: BEFORE,
    readyAt: null,
    endedAt: null,
    expiresAt: LATER,
    ttlSeconds: 60,
    reason: null,
    isNavigated: false,
    pool: null,
    isClaimed: false,
    forkOf: null,
    absoluteAt: null,
    idleSeconds: 0,
    onIdle: "pause",
    profile: null,
    activeAt: null,
    warned: {},
    ...more,
  };
}

const kept = { request: CreateSession.parse({ keepFailed: true }) };

describe("planReconcile", () => {
  test.each<[string, SessionRecord, Vm[], unknown[]]>([
    ["a living session whose VM runs is adopted", session("ready"), [vm], [{ do: "look", vmId }]],
    ["a living session whose VM is gone is lost", session("ready"), [], [{ do: "lost", sessionId }]],
    [
      "a session that never got a VM gets one",
      session("pending", { vm: null }),
      [],
      [{ do: "launch", sessionId }],
    ],
    [
      "a session whose VM was chosen in a pool, but not handed out, is launched again: that VM is not looked at",
      session("pending", { vm: null, pool: "warm" }),
      [vm],
      [{ do: "launch", sessionId }],
    ],
    [
      "a session whose VM was handed out of a pool adopts it",
      session("ready", { pool: "warm", isClaimed: true }),
      [vm],
      [{ do: "look", vmId }],
    ],
    ["a paused session whose VM is there is adopted", session("paused"), [vm], [{ do: "look", vmId }]],
    ["a session that was ending ends", session("ending"), [vm], [{ do: "end", sessionId }]],
    ["the VM of an ended session is removed", session("ended"), [vm], [{ do: "remove", vmId }]],
    ["an ended session without a VM needs nothing", session("ended"), [], []],
    ["a failed VM is kept while its session's time lasts", session("failed"), [vm], []],
    ["then it is removed", session("failed", { expiresAt: BEFORE }), [vm], [{ do: "remove", vmId }]],
    ["but never when it was to be kept", session("failed", { expiresAt: BEFORE, ...kept }), [vm], []],
  ])("%s", (_, record, vms, steps) => {
    expect(planReconcile([record], vms, NOW)).toEqual(steps);
  });

  test("VMs of no session of ours are left alone", () => {
    expect(planReconcile([], [vm], NOW)).toEqual([]);
  });
});
