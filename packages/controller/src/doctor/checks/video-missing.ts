import { aboutViewers, isSettled } from "../about.ts";
import { type LiveCheck, manual } from "../check.ts";

const look = manual(
  "The strip under the display says why; choose a way by hand in the quality menu, and run the doctor again while it is tried.",
);

/** A symptom: who fell to VNC and would rather see video. What explains it is another check's. */
export const videoMissing: LiveCheck = {
  code: "live-video-missing",
  layer: "live",
  asks: "session",
  title: "Who wants video has it",
  dependsOn: [
    "live-gateway-down",
    "live-image-without-media",
    "live-stream-lost",
    "live-helper-restarting",
    "live-guest-silent",
    "live-display-gone",
    "live-encoder-dead",
    "live-not-captured",
    "live-no-common-codec",
    "live-announced-address",
    "live-port-blocked",
  ],
  breaks: [],
  explanation: {
    symptom: "The page shows pictures by VNC although it wants video.",
    cause: "All ways of video failed for this viewer; the page tries them again after 30 to 120 seconds.",
    evidence: "What the viewer wants, and on which rung it is.",
    fix: look,
  },
  judge: aboutViewers((viewer) => {
    const { rung, wants, refused } = viewer;
    if (rung !== "vnc" || wants === null || wants === "vnc" || !isSettled(viewer)) return undefined;
    const last = refused ? `; refused: ${refused.what} ${refused.code} ${refused.message}` : "";
    return { cause: `it wants ${wants} and sees VNC.`, excerpt: `wants ${wants}, is on vnc${last}` };
  }),
};
