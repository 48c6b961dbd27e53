import { type Check, fail, manual, pass, seen, skip, unknown, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuest, UNHEARD } from "../guest/about-guest.ts";

const look = manual(
  "The agent starts it again by itself. If it keeps dying, read the agent's log (`browservm vm logs`), or delete the VM.",
);

export const browserDead: Check<VmSubject> = {
  code: "browser-dead",
  layer: "service",
  title: "The browser runs and answers",
  dependsOn: [...UNHEARD, "guest-out-of-memory", "guest-disk-full", "guest-read-only", "injected-file"],
  breaks: ["service"],
  explanation: {
    symptom: "The live view shows an empty screen.",
    cause: "The browser in the guest has ended, or does not start.",
    evidence:
      "The agent's browser.status: whether it runs, its version on the control pipe, how it last ended.",
    fix: look,
  },
  judge: aboutGuest(({ browser }, { vm }) => {
    if (!vm.hasBrowser) return skip("database", "image", "has no browser");
    if (!browser)
      return unknown("The guest's agent did not tell how the browser is.", [
        seen("control-channel", "browser.status", "no answer"),
      ]);
    const { running, version, pid, lastExit } = browser;
    const words = `${running ? `runs (pid ${pid})` : "does not run"}, ${version ?? "no version"}${lastExit ? `; last exit: ${lastExit}` : ""}`;
    const here = [seen("control-channel", "browser.status", words)];
    if (!running)
      return fail(
        `The browser does not run${lastExit ? `: its last exit was ${lastExit}` : ""}.`,
        here,
        look,
      );
    if (version === undefined)
      return warn("The browser runs, but does not answer on its control pipe.", here, look);
    return pass("control-channel", "browser.status", words);
  }),
};
