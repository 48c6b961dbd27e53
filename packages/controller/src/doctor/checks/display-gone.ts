import { aboutSource } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";

const look = manual(
  "The guest starts its display again by itself, and the helper asks for it each second. If it stays away, read the guest's journal (`browservm logs <session>`), or start a new session.",
);

/** Once can be a person's; then it is there again before anybody looks. */
const OFTEN = 2;

export const displayGone: LiveCheck = {
  code: "live-display-gone",
  layer: "live",
  asks: "session",
  title: "The guest's display can be captured",
  dependsOn: ["live-gateway-down", "live-stream-lost", "guest-out-of-memory", "unit-failed"],
  breaks: [],
  // A browser ends with the display that it is shown on.
  explains: ["browser-dead"],
  explanation: {
    symptom: "No video, and VNC is black or not connected.",
    cause: "The X server of the guest does not run, or refuses its media helper.",
    evidence:
      "The helper's own problem NO_DISPLAY, told each second, and how often it came in the last minute.",
    fix: look,
  },
  judge: aboutSource(({ problem, captured, silentMs, displayLosses }) => {
    if (silentMs === null) return skip("the guest's capture", "not connected");
    const isGone = problem?.code === "NO_DISPLAY";
    const words = `${captured} captured, its display lost ${displayLosses} times in the last minute`;
    if (!isGone && displayLosses < OFTEN) return pass("the guest's capture", words);
    const cause = isGone
      ? `The guest's display cannot be captured: ${problem.message}.`
      : `The guest's display ended ${displayLosses} times in the last minute, and was started again each time.`;
    return fail(cause, [gatewaySaw("the guest's capture", problem?.message ?? words)], look);
  }),
};
