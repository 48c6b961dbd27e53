import type { LaunchStep } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { lastStory, launchStepTitle, shownSteps, storiesOf } from "./launch-steps.ts";

const done = (...names: readonly string[]): LaunchStep[] =>
  names.map((step) => ({ step, status: "done", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 5 }));
const running = (step: string): LaunchStep => ({
  step,
  status: "running",
  startedAt: "2026-01-01T00:00:01.000Z",
});
const toCome = (steps: readonly LaunchStep[], origin?: "boot" | "snapshot" | "fork") =>
  shownSteps(lastStory(steps, origin))
    .filter(({ status }) => status === "waiting")
    .map(({ step }) => step);

describe("what is still to come", () => {
  test("of a boot is the rest of a boot", () => {
    expect(toCome([...done("snapshot", "image", "address", "disk", "tap"), running("boot")])).toEqual([
      "agent",
      "verify",
    ]);
  });

  test("of a restore is the identity, the plug and the proof", () => {
    const steps = [...done("snapshot", "image", "address", "disk", "tap"), running("restore")];
    expect(toCome(steps, "snapshot")).toEqual(["agent", "identity", "plug", "verify"]);
  });

  test("of a fork begins with the copy", () => {
    expect(toCome([running("image")], "fork")).toEqual([
      "copy",
      "fence",
      "restore",
      "agent",
      "identity",
      "plug",
      "verify",
    ]);
  });

  test("before it is decided how a VM begins, is what all ways share", () => {
    expect(toCome([running("snapshot")])).toEqual(["image", "address", "disk", "tap"]);
    expect(toCome([])).toEqual(["image", "address", "disk", "tap"]);
  });

  test("after a failure is nothing", () => {
    expect(toCome([...done("image"), { ...running("disk"), status: "failed" }])).toEqual([]);
  });

  test("of a pause, and of a resume after it, is only their own", () => {
    const launch = done("image", "address", "disk", "tap", "boot", "agent", "verify");
    expect(toCome([...launch, running("freeze")])).toEqual(["commit", "free"]);
    const paused = [...launch, ...done("freeze", "commit", "free")];
    expect(toCome([...paused, running("memory")])).toEqual(["tap", "restore", "agent", "identity", "verify"]);
  });
});

test("a VM's steps are told as launch, pause and resume, each with keys of its own", () => {
  const stories = storiesOf(
    done("image", "tap", "boot", "agent", "verify", "freeze", "free", "memory", "tap", "restore", "verify"),
  );
  expect(stories.map(({ kind }) => kind)).toEqual(["boot", "pause", "resume"]);
  for (const story of stories) {
    const keys = shownSteps(story).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

test("the same step is named by what it does in its story", () => {
  expect(launchStepTitle("identity", "restore")).toBe("Give it an identity of its own");
  expect(launchStepTitle("identity", "resume")).toBe("Set its clock");
  expect(launchStepTitle("warm-up.caches")).toBe("Warm up caches");
});
