import { aboutSource } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";
import type { SourceSight } from "../sight.ts";

/** Read and changed so often without one encoded picture: an encoder's start is over by then. */
const CHANGED = 30;
const other = manual(
  "Choose another codec in the quality menu (or `media.codec`). The agent's log (`browservm logs <session> --source agent`) has the encoder's own words.",
);

export const encoderDead: LiveCheck = {
  code: "live-encoder-dead",
  layer: "live",
  asks: "session",
  title: "The guest's encoder makes pictures",
  dependsOn: ["live-gateway-down", "live-stream-lost", "live-display-gone", "guest-out-of-memory"],
  breaks: [],
  explanation: {
    symptom: "No video; VNC shows the picture.",
    cause: "The guest has no encoder for the codec, or it failed, or takes pictures and gives none.",
    evidence: "The helper's problem NO_ENCODER or ENCODER_FAILED, or `encoded` 0 while `captured` counts.",
    fix: other,
  },
  judge: aboutSource((source) => {
    const { problem, silentMs, captured, unchanged, encoded } = source;
    if (silentMs === null) return skip("the guest's encoder", "not connected");
    const words = `${captured} captured, ${unchanged} unchanged, ${encoded} encoded`;
    const why = whyDead(source);
    if (why === undefined) return pass("the guest's encoder", words);
    return fail(why, [gatewaySaw("the guest's encoder", problem ? problem.code : words)], other);
  }),
};

function whyDead({ problem, captured, unchanged, encoded, codec }: SourceSight): string | undefined {
  if (problem?.code === "NO_ENCODER") return `The guest has no encoder for ${codec}: ${problem.message}.`;
  if (problem?.code === "ENCODER_FAILED") return `The guest's encoder failed: ${problem.message}.`;
  return encoded === 0 && captured - unchanged > CHANGED
    ? "The guest reads its screen, and its encoder gives no picture."
    : undefined;
}
