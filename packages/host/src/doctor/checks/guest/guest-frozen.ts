import { type Check, fail, pass, restart, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { isPingDead, mustAnswer } from "./about-guest.ts";

const renew = restart("Delete the VM and start a new one; its console's end may say what it hung in.");

export const guestFrozen: Check<VmSubject> = {
  code: "guest-frozen",
  layer: "guest",
  title: "The guest gives some sign of life",
  dependsOn: ["vmm-dead", "vmm-stopped", "vmm-paused", "guest-panic", "guest-out-of-memory"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP, ping, TCP and the control channel are dead at once, while the VMM runs and every carrier is up.",
    cause:
      "The VMM takes packets for the guest, and the guest answers neither on the network nor on the control channel: its kernel hangs. (A frozen VMM would not take them.)",
    evidence: "The TAP's tx_packets rise, its rx_packets stand still, and the control channel is silent.",
    fix: renew,
  },
  judge: ({ vm }) => {
    const { guest, probe, address } = vm;
    if (!mustAnswer(vm)) return skip("database", "state of the VM", vm.state);
    if (!("silent" in guest)) return pass("control-channel", "the guest", "answers");
    const tap = probe?.burst?.tap ?? probe?.tap;
    if (!probe || !tap) return skip("counters", address.tap, "no probe");
    const words = `tx +${tap.tx}, rx +${tap.rx}`;
    if (!isPingDead(probe) || probe.toGuest.arp.length > 0 || tap.rx > 0)
      return pass("counters", address.tap, `${words}: the guest sends`);
    if (tap.tx === 0) return skip("counters", address.tap, `${words}: nothing reaches the guest`);
    return fail(
      `The guest took ${tap.tx} packets and sent none, and it is silent on its control channel: it hangs.`,
      [seen("counters", address.tap, words), seen("control-channel", "the guest", guest.silent)],
      renew,
    );
  },
};
