import { aboutSource } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";

const look = manual(
  "The guest starts its display again by itself, and the helper asks for it each second. If it stays away, read the guest's journal (`browservm logs <session>`), or start a new session.",
);

export const displayGone: LiveCheck = {
  code: "live-display-gone",
  layer: "live",
  asks: "session",
  title: "The guest's display can be captured",
  dependsOn: ["live-gateway-down", "live-stream-lost", "guest-out-of-memory", "unit-failed"],
  breaks: [],
  explanation: {
    symptom: "No video, and VNC is black or not connected.",
    cause: "The X server of the guest does not run, or refuses its media helper.",
    evidence: "The helper's own problem NO_DISPLAY, told each second.",
    fix: look,
  },
  judge: aboutSource(({ problem, captured, silentMs }) => {
    if (silentMs === null) return skip("the guest's capture", "not connected");
    if (problem?.code !== "NO_DISPLAY") return pass("the guest's capture", `${captured} captured`);
    return fail(
      `The guest's display cannot be captured: ${problem.message}.`,
      [gatewaySaw("the guest's capture", problem.message)],
      look,
    );
  }),
};
