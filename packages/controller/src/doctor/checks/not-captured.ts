import { aboutSource, SETTLE_MS } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";

const look = manual(
  "Read the agent's log (`browservm logs <session> --source agent`); a new session gets a new helper.",
);

export const notCaptured: LiveCheck = {
  code: "live-not-captured",
  layer: "live",
  asks: "session",
  title: "The guest reads its screen",
  dependsOn: [
    "live-gateway-down",
    "live-stream-lost",
    "live-helper-restarting",
    "live-guest-silent",
    "live-display-gone",
  ],
  breaks: [],
  explanation: {
    symptom: "The connection stands, and no picture ever comes.",
    cause: "The media helper runs and never read the screen: its capture hangs.",
    evidence: "The helper's count `captured` is 0 although a picture is wanted.",
    fix: look,
  },
  judge: aboutSource(({ state, captured, wantedMs }) => {
    if (state !== "running" || (captured === 0 && wantedMs < 2 * SETTLE_MS))
      return skip("captured", `${captured}, ${state} for ${wantedMs} ms`);
    if (captured > 0) return pass("captured", String(captured));
    return fail(
      "The guest never read its screen.",
      [gatewaySaw("captured", `0 in ${Math.round(wantedMs / 1000)} s`)],
      look,
    );
  }),
};
