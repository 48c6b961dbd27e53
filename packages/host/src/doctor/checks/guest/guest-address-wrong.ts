import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const correct = (wanted: string) =>
  manual(
    `Give the guest the address ${wanted} (its agent does it when hostd connects again), or delete the VM.`,
  );

export const guestAddressWrong: Check<VmSubject> = {
  code: "guest-address-wrong",
  layer: "guest",
  title: "The guest has its planned address",
  dependsOn: [...UNHEARD],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "The host's ARP for the guest fails, although the guest sends packets; they are refused as spoofed.",
    cause: "The guest has another address than its slot: set by hand, by DHCP, or kept from a snapshot.",
    evidence: "`ip addr` in the guest differs from the VM's reservation.",
    fix: correct("of its slot"),
  },
  judge: aboutLink((link, _, { vm: { address } }) => {
    const own = link.addresses.filter((one) => one.includes("."));
    const words = own.join(", ") || "none";
    if (own.length === 0) return skip("control-channel", `addresses of ${link.name}`, words);
    if (own.some((one) => one.split("/")[0] === address.ip))
      return pass("control-channel", `addresses of ${link.name}`, words);
    const wanted = `${address.ip}/${address.prefix}`;
    return fail(
      `${link.name} of the guest has ${words}, not ${wanted}.`,
      [seen("control-channel", `addresses of ${link.name}`, words)],
      correct(wanted),
    );
  }),
};
