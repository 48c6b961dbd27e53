import { type Check, fail, manual, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const give = (words: string) =>
  manual(`Give it back inside the guest (${words}), or restart systemd-networkd there.`);

export const guestAddressMissing: Check<VmSubject> = {
  code: "guest-address-missing",
  layer: "guest",
  title: "The guest has an IPv4 address",
  dependsOn: [...UNHEARD, "guest-link-down"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom: "The host's ARP for the guest fails: Destination Host Unreachable, No route to host.",
    cause:
      "Nothing in the guest set the address (stock cloud kernels ignore the `ip=` parameter), or its network manager took it away.",
    evidence: "`ip addr` in the guest shows no IPv4 address on the VM's link.",
    fix: give("`ip addr add IP/PREFIX dev eth0`"),
  },
  judge: aboutLink((link, _, { vm: { address } }) => {
    const own = link.addresses.filter((one) => one.includes("."));
    if (own.length > 0) return pass("control-channel", `addresses of ${link.name}`, own.join(", "));
    const wanted = `${address.ip}/${address.prefix}`;
    return fail(
      `${link.name} of the guest has no IPv4 address; it must have ${wanted}.`,
      [seen("control-channel", `addresses of ${link.name}`, link.addresses.join(", ") || "none")],
      give(`\`ip addr add ${wanted} dev ${link.name}\``),
    );
  }),
};
