import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";

/** linux/kernel/panic.c */
const PANIC = /Kernel panic - not syncing/;
const LINES_BEFORE = 6;

const renew = restart("Delete the VM and start a new one. The lines before the panic say why.");

export const guestPanic: Check<VmSubject> = {
  code: "guest-panic",
  layer: "guest",
  title: "The guest's kernel did not panic",
  dependsOn: ["guest-out-of-memory"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "All carriers are up and the port forwards, but the host's ARP for the guest fails and the control channel is silent. At first the VMM even goes on reading packets, until its queue is full.",
    cause: "The kernel inside the VM panicked; the VMM around it lives.",
    evidence:
      "The console says `Kernel panic - not syncing`; the TAP's tx_packets may rise, its rx_packets stand still.",
    fix: renew,
  },
  judge: ({ vm: { console, guest } }) => {
    const at = console.findLastIndex((line) => PANIC.test(line));
    if (at < 0) return pass("console", "its end", console.at(-1) ?? "(empty)");
    // Whoever is root in a guest can write such a line; a kernel that panicked answers nothing.
    if (!("silent" in guest))
      return pass("control-channel", "the guest", "answers, whatever its console says");
    const line = console[at] ?? "";
    return fail(
      `The guest's kernel panicked: ${line.slice(line.search(PANIC), line.search(PANIC) + 200)}`,
      [seen("console", "the panic", console.slice(Math.max(0, at - LINES_BEFORE), at + 1).join(" ⏎ "))],
      renew,
    );
  },
};
