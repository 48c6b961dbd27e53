import { findConsoleFault } from "../../../logs/explain-console.ts";
import { type Check, fail, pass, restart, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { isRunning } from "../vmm/about-vmm.ts";
import { isPingDead, mustAnswer } from "./about-guest.ts";

const CONSOLE_LINES = 5;

const renew = restart("Delete the VM and start a new one; the console's end is in the evidence.");

export const guestSilent: Check<VmSubject> = {
  code: "guest-silent",
  layer: "guest",
  title: "The guest answers on its control channel",
  dependsOn: ["vmm-dead", "vmm-stopped", "vmm-paused", "guest-panic", "guest-out-of-memory", "guest-frozen"],
  breaks: ["service"],
  explanation: {
    symptom:
      "hostd cannot ask the guest anything. When its kernel is well, ping still works, and perhaps services, too.",
    cause:
      "The control channel needs no network, so the agent in the guest is dead or hangs, or the guest has no time for it.",
    evidence: "Calls on the control channel get no answer; ping tells whether the guest's kernel lives.",
    fix: renew,
  },
  judge: ({ vm }) => {
    const { guest, state, probe } = vm;
    if (!mustAnswer(vm)) return skip("database", "state of the VM", state);
    if (!("silent" in guest)) return pass("control-channel", "the guest", "answers");
    if (!isRunning(vm.vmm)) return skip("procfs", "the VMM", "does not run");
    const lives = probe !== undefined && !isPingDead(probe);
    const word = findConsoleFault(vm.console);
    return fail(
      lives
        ? "The guest's kernel answers ping, but its agent is silent on the control channel: it is dead or hangs."
        : "The guest does not answer on its control channel.",
      [
        seen("control-channel", "the guest", guest.silent),
        ...(probe ? [seen("icmp", "the guest", lives ? "answers ping" : "answers no ping")] : []),
        seen("console", "its end", word?.line ?? (vm.console.slice(-CONSOLE_LINES).join(" ⏎ ") || "(empty)")),
      ],
      renew,
    );
  },
};
