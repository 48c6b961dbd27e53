import { type Check, fail, manual, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuest, UNHEARD } from "./about-guest.ts";

const one = manual(
  "Leave systemd-networkd alone with the link: stop and mask the other program in the guest, or leave it out of the image.",
);

export const guestAuthorities: Check<VmSubject> = {
  code: "guest-authorities",
  layer: "guest",
  title: "One program configures the guest's network",
  dependsOn: [...UNHEARD],
  breaks: [],
  explanation: {
    symptom: "The guest's address or route appears and vanishes, often minutes after it worked.",
    cause: "Two network managers (NetworkManager, cloud-init, dhclient, ifupdown, …) fight over one link.",
    evidence: "The guest's agent sees more than one of them run.",
    fix: one,
  },
  judge: aboutGuest(({ network: { authorities } }) => {
    const names = authorities.join(", ") || "none";
    const here = [seen("control-channel", "network managers of the guest", names)];
    if (authorities.length === 1) return pass("control-channel", "network managers of the guest", names);
    if (authorities.length === 0)
      return warn(
        "No program configures the guest's network: what is set stays only while nobody touches it.",
        here,
        one,
      );
    return fail(`${authorities.length} programs configure the guest's network: ${names}.`, here, one);
  }),
};
