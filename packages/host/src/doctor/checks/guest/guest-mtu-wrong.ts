import { type Check, fail, manual, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const set = (name: string, mtu: number) =>
  manual(`Set it inside the guest: \`ip link set ${name} mtu ${mtu}\`.`);

export const guestMtuWrong: Check<VmSubject> = {
  code: "guest-mtu-wrong",
  layer: "guest",
  title: "The guest's MTU is the planned one",
  dependsOn: [...UNHEARD],
  breaks: ["large-packets"],
  explanation: {
    symptom:
      "Small packets pass; full-size ones to the guest may be lost, and everything is slower than it could be.",
    cause: "The guest's link has another MTU than bridge and TAP. (A larger one was measured to do no harm.)",
    evidence: "`ip link` in the guest against the plan's MTU.",
    fix: set("eth0", 1500),
  },
  judge: aboutLink((link, _, { host: { plan } }) => {
    const words = `${link.name} mtu ${link.mtu}, planned ${plan.mtu}`;
    if (link.mtu === plan.mtu) return pass("control-channel", "link of the guest", words);
    const here = [seen("control-channel", "link of the guest", words)];
    const cause = `${link.name} of the guest has MTU ${link.mtu}; bridge and TAP have ${plan.mtu}.`;
    return (link.mtu > plan.mtu ? warn : fail)(cause, here, set(link.name, plan.mtu));
  }),
};
