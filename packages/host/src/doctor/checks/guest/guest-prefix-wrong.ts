import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const correct = manual(
  "Correct the prefix inside the guest (the agent writes /run/systemd/network/10-browservm.network).",
);

export const guestPrefixWrong: Check<VmSubject> = {
  code: "guest-prefix-wrong",
  layer: "guest",
  title: "The guest's netmask is the planned one",
  dependsOn: [...UNHEARD],
  breaks: IP_PATH,
  explanation: {
    symptom:
      "The host resolves the guest, its pings reach it, and no answer comes: in the guest everything says Network is unreachable.",
    cause: "With a /32 (or another narrow netmask) and without a route the guest has no way to its gateway.",
    evidence: "`ip addr` in the guest shows another prefix than the plan's.",
    fix: correct,
  },
  judge: aboutLink((link, _, { vm: { address } }) => {
    const own = link.addresses.find((one) => one.split("/")[0] === address.ip);
    if (!own) return skip("control-channel", `addresses of ${link.name}`, `${address.ip} is not among them`);
    if (own === `${address.ip}/${address.prefix}`)
      return pass("control-channel", `addresses of ${link.name}`, own);
    return fail(
      `${link.name} of the guest has ${own}, but the network is a /${address.prefix}.`,
      [seen("control-channel", `addresses of ${link.name}`, own)],
      correct,
    );
  }),
};
