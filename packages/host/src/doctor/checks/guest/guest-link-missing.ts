import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutGuest, linkOf, UNHEARD } from "./about-guest.ts";

const renew = restart("Delete the VM and start a new one; if it comes back, the image lacks the driver.");

export const guestLinkMissing: Check<VmSubject> = {
  code: "guest-link-missing",
  layer: "guest",
  title: "The guest has a link with the planned MAC",
  dependsOn: [...UNHEARD],
  breaks: WHOLE_PATH,
  explanation: {
    symptom: "The host's ARP for the guest fails; what the guest sends is refused as spoofed.",
    cause:
      "The guest sees no network card (its driver is missing), or its card has another MAC: a restored clone keeps the MAC of its source until the agent sets it.",
    evidence: "`ip link` in the guest, told over the control channel, has no link with the VM's MAC.",
    fix: renew,
  },
  judge: aboutGuest((facts, subject) => {
    const { mac } = subject.vm.address;
    const link = linkOf(facts, subject);
    if (link) return pass("control-channel", "links of the guest", `${link.name} has ${mac}`);
    const others = facts.network.links.map((one) => `${one.name} ${one.mac}`).join(", ") || "none";
    return fail(
      `No link of the guest has the MAC ${mac}; it has ${others}.`,
      [seen("control-channel", "links of the guest", others)],
      renew,
    );
  }),
};
