import { aboutSource, GUEST_AWAY } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass, skip } from "../check.ts";

/** It tells its status each second. */
const MUTE_MS = 5000;
const wait = manual(
  "If the VM itself answers (`browservm doctor`), its media helper hangs: it is ended after 15 s of silence and started anew. If it stays, start a new session.",
);

export const guestSilent: LiveCheck = {
  code: "live-guest-silent",
  layer: "live",
  asks: "session",
  title: "The guest keeps telling how its picture is",
  dependsOn: GUEST_AWAY,
  breaks: [],
  explanation: {
    symptom: "The picture freezes; 15 s later the page falls to VNC.",
    cause: "The guest is connected and says nothing: it is frozen, or its media helper hangs.",
    evidence: "How long ago the guest's status came, which it tells each second.",
    fix: wait,
  },
  judge: aboutSource(({ silentMs }) => {
    if (silentMs === null) return skip("the guest's stream", "not connected");
    const words = `last heard ${silentMs} ms ago`;
    if (silentMs < MUTE_MS) return pass("the guest's stream", words);
    return fail(
      `The guest has said nothing for ${Math.round(silentMs / 1000)} s.`,
      [gatewaySaw("the guest's stream", words)],
      wait,
    );
  }),
};
