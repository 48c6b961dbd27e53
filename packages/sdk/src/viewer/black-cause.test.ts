import { expect, test } from "vitest";
import { type BlackFacts, BlackWatch } from "./black-cause.ts";

const facts: BlackFacts = { hasGateway: true, stream: null, stages: null, why: null };
const stages = { captured: 3, encoded: 3, sent: 3, connected: 0, received: 0, decoded: 0, painted: 0 };
const stream = {
  type: "stream/state" as const,
  state: "failed" as const,
  codecs: ["vp8" as const],
  codec: "vp8" as const,
  width: 0,
  height: 0,
  fps: 0,
  maxKbps: null,
  targetKbps: 0,
  hasAudio: false,
  problem: { code: "ENCODER_FAILED" as const, message: "vp8enc could not be made" },
};
const after = (part: Partial<BlackFacts>) => {
  const watch = new BlackWatch();
  watch.look(0, true, { ...facts, ...part });
  return watch.look(3000, true, { ...facts, ...part });
};

test("says nothing for three seconds, and begins anew when video was there", () => {
  const watch = new BlackWatch();
  expect(watch.look(0, true, facts)).toBe(null);
  expect(watch.look(2999, true, facts)).toBe(null);
  expect(watch.look(3000, true, facts)).not.toBe(null);
  expect(watch.look(3001, false, facts)).toBe(null);
  expect(watch.look(4000, true, facts)).toBe(null);
});

test("the nearest cause to the VM is told", () => {
  expect(after({ hasGateway: false, stream, stages })).toMatchObject({
    stage: "connected",
    cause: expect.stringContaining("gateway"),
  });
  expect(after({ stream, stages })).toMatchObject({ stage: "encoded", cause: "vp8enc could not be made" });
  expect(after({ stages })).toMatchObject({
    stage: "connected",
    cause: expect.stringContaining("UDP and TCP"),
  });
  expect(after({ stages: { ...stages, connected: 1 } })).toMatchObject({ stage: "received" });
  expect(after({ stages: { ...stages, connected: null, received: 3 } })).toMatchObject({ stage: "decoded" });
  expect(after({ why: "this browser has no WebCodecs" })?.cause).toBe(
    "No video: this browser has no WebCodecs.",
  );
});
