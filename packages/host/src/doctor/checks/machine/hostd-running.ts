import { manual, pass, skip, unknown } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const NOT_SEEN = "so the bridge, the TAPs, the firewall and the VMs were not looked at";

/** On a machine that is not meant to run one (before `up`, after `down`) there is nothing to ask. */
export const hostdRunning: MachineCheck = {
  code: "hostd-running",
  title: "hostd answers, so that the VMs' network can be looked at",
  explanation: {
    symptom: "`browservm doctor` tells about the machine only",
    cause: "hostd is not running, or the caller may not ask it; only hostd knows what the network must be",
    evidence: "no answer on hostd's socket, while the record of `up` or the socket's file is there",
    fix: manual(
      "Start it (`browservm up` takes VMs over that still run) and read its log under <stateDir>/logs; without root set BVM_API_KEY to an admin's key.",
    ),
  },
  async look({ hostd }) {
    if (hostd.is === "answering") return pass("http", "hostd", "it answered");
    if (hostd.is === "not-started") return skip("file", "hostd", "BrowserVM does not run on this machine");
    return unknown(`${hostd.why}, ${NOT_SEEN}`, [], hostdRunning.explanation.fix);
  },
};
