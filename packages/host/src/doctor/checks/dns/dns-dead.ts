import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuestProbe } from "../symptom/about-probe.ts";

const change = manual(
  "Ask the resolver from the machine itself. If it is dead, set `network.dns` to another one and start new VMs.",
);

export const dnsDead: Check<VmSubject> = {
  code: "dns-dead",
  layer: "dns",
  title: "The guest's name servers answer",
  dependsOn: ["guest-silent", "outside-dead", "dns-none", "checksum-lost", "checksum-lost-to-guest"],
  breaks: [],
  // Whatever breaks names is a better answer than this.
  shows: "dns",
  explanation: {
    symptom: "The guest reaches the outside by address, but names do not resolve.",
    cause: "The name servers that the guest was given do not answer, or answer with an error.",
    evidence:
      "A look-up inside the guest, asked for over the control channel, while TCP to the outside works.",
    fix: change,
  },
  judge: aboutGuestProbe(({ dns, outside }, { vm, host }) => {
    const servers = ("silent" in vm.guest ? host.plan.dns : vm.guest.network.dns).join(", ") || "none";
    if (!dns) return skip("config", "name servers", "not asked: no way out, or none is planned");
    if (dns.ok) return pass("dns", `name servers ${servers}`, "answered");
    const words = dns.error ?? "no answer";
    return fail(
      `The guest's name servers (${servers}) do not answer: ${words}.`,
      [
        seen("dns", `name servers ${servers}`, words),
        ...(outside ? [seen("tcp", "guest → the outside", outside)] : []),
      ],
      change,
    );
  }),
};
