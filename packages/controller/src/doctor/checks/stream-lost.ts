import { aboutSource, GUEST_AWAY, SETTLE_MS } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";

/** The guest's own words about what it cannot do: other checks read these. */
const GUESTS_OWN: ReadonlySet<string> = new Set(["NO_DISPLAY", "NO_ENCODER", "ENCODER_FAILED", "NO_SOUND"]);
const look = manual(
  "It is tried again every few seconds. If it stays, read the agent's log (`browservm logs <session> --source agent`).",
);

export const streamLost: LiveCheck = {
  code: "live-stream-lost",
  layer: "live",
  asks: "session",
  title: "The guest's media stream is open",
  dependsOn: [...GUEST_AWAY, "live-image-without-media", "live-helper-restarting"],
  breaks: [],
  explanation: {
    symptom: "The page shows pictures by VNC and says why no video comes.",
    cause: "The gateway's connection to the guest's media helper is refused, or broke and has not come back.",
    evidence: "The gateway's last try to open the stream `media`, by way of hostd.",
    fix: look,
  },
  judge: aboutSource(({ state, problem, wantedMs }) => {
    if (state === "starting" && wantedMs < 6 * SETTLE_MS) return skip("stream media", "it only begins");
    if (state === "starting")
      return fail(
        "The guest took the media stream and has not said hello.",
        [gatewaySaw("stream media", `wanted for ${wantedMs} ms`)],
        look,
      );
    if (!problem || GUESTS_OWN.has(problem.code)) return pass("stream media", state);
    return fail(
      `The guest's media stream is away: ${problem.message}.`,
      [gatewaySaw("stream media", problem.code)],
      look,
    );
  }),
};
