import { isBrowserVmError, type Session, silentProgress } from "@browservm/contract";
import { expect, test } from "vitest";
import { type Refreshable, waitReady } from "./wait-ready.ts";

const handle = (...stories: object[]): Refreshable => ({
  refresh: async () => (stories.length > 1 ? stories.shift() : stories[0]) as Session,
});
const step = (name: string) => ({ vm: { steps: [{ step: name, status: "running" }] } });

test("each launch step is named once, until the session is ready", async () => {
  const steps: string[] = [];
  const progress = { ...silentProgress(), step: (name: string) => steps.push(name) };
  const story = handle(
    { status: "pending", ...step("boot") },
    { status: "pending", ...step("boot") },
    { status: "pending", ...step("verify") },
    { status: "ready" },
  );
  expect(await waitReady(progress, story, 10_000)).toMatchObject({ status: "ready" });
  expect(steps).toEqual(["boot", "verify"]);
});

test("a session that fails is told with its own reason", async () => {
  const reason = { code: "GATE_LINK", message: "the bridge is gone", fix: "Run the doctor." };
  const failure = await waitReady(
    silentProgress(),
    handle({ id: "ses_a", status: "failed", reason }),
    10_000,
  ).catch((error: unknown) => error);
  expect(isBrowserVmError(failure, "SESSION_NOT_READY")).toBe(true);
  expect(failure).toMatchObject({
    details: { reason: "the bridge is gone (GATE_LINK)", fix: "Run the doctor." },
  });
});

test("a session that falls back to paused is told with the reason, one that is being resumed is waited for", async () => {
  const paused = { id: "ses_a", status: "paused", reason: { code: "X", message: "no ARP", fix: "look" } };
  const resuming = { ...paused, vm: { state: "resuming", steps: [] } };
  const story = handle(resuming, { ...paused, vm: { state: "paused", steps: [] } });
  await expect(waitReady(silentProgress(), story, 10_000)).rejects.toMatchObject({
    code: "SESSION_NOT_READY",
    details: { reason: "no ARP (X)" },
  });
  const good = handle(resuming, { status: "ready" });
  expect(await waitReady(silentProgress(), good, 10_000)).toMatchObject({ status: "ready" });
});

test("waiting has an end", async () => {
  const failure = await waitReady(silentProgress(), handle({ status: "pending" }), 0).catch(
    (error: unknown) => error,
  );
  expect(isBrowserVmError(failure, "DEADLINE_EXCEEDED")).toBe(true);
});
