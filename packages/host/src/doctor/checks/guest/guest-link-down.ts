import { type Check, fail, manual, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const up = (name: string) =>
  manual(`Set the link up inside the guest (\`ip link set ${name} up\`), or delete the VM.`);

export const guestLinkDown: Check<VmSubject> = {
  code: "guest-link-down",
  layer: "guest",
  title: "The guest's link is up",
  dependsOn: [...UNHEARD],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "All carriers of the host are up, the host's ARP for the guest fails; packets go into the TAP, and none comes out of it.",
    cause: "Somebody in the guest set its link down, or its network manager did.",
    evidence: "`ip link` in the guest says DOWN; the TAP's tx_packets rise and its rx_packets stand still.",
    fix: up("eth0"),
  },
  judge: aboutLink((link) => {
    const words = `${link.name} ${link.up ? "up" : "down"}, ${link.carrier ? "with" : "without"} carrier`;
    if (link.up && link.carrier) return pass("control-channel", "link of the guest", words);
    return fail(
      link.up
        ? `${link.name} of the guest is up, but without carrier.`
        : `${link.name} of the guest is down.`,
      [seen("control-channel", "link of the guest", words)],
      up(link.name),
    );
  }),
};
