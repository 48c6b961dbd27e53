import { aboutSource, GUEST_AWAY } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass } from "../check.ts";

/** Once can be a person's, or an update's. */
const OFTEN = 2;
const look = manual(
  "Read the agent's log (`browservm logs <session> --source agent`): it has the helper's last words. Another codec in the quality menu avoids a broken encoder.",
);

export const helperRestarting: LiveCheck = {
  code: "live-helper-restarting",
  layer: "live",
  asks: "session",
  title: "The guest's media helper stays up",
  dependsOn: GUEST_AWAY,
  breaks: [],
  explanation: {
    symptom: "Video comes and goes, each time for some seconds.",
    cause: "The media helper in the guest ends again and again, and is started anew each time.",
    evidence: "How often the gateway lost a stream that had begun, in the last minute.",
    fix: look,
  },
  judge: aboutSource(({ losses, problem, state }) => {
    const words = `lost ${losses} times in the last minute, now ${state}`;
    if (losses < OFTEN) return pass("the guest's stream", words);
    return fail(
      `The guest's media stream broke ${losses} times in the last minute.`,
      [gatewaySaw("the guest's stream", problem ? `${words}: ${problem.message}` : words)],
      look,
    );
  }),
};
