import { type Check, fail, manual, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const set = (gateway: string) =>
  manual(`Set it inside the guest: \`ip route replace default via ${gateway}\`.`);

export const guestGatewayWrong: Check<VmSubject> = {
  code: "guest-gateway-wrong",
  layer: "guest",
  title: "The guest's default route goes to the gateway",
  dependsOn: [
    ...UNHEARD,
    "guest-link-down",
    "guest-address-missing",
    "guest-address-wrong",
    "guest-prefix-wrong",
  ],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "Host and guest reach each other; the guest reaches nothing else, and asks ARP for a stranger.",
    cause: "The guest has no default route, or one to another address than the bridge's.",
    evidence: "`ip route` in the guest.",
    fix: set("192.168.100.1"),
  },
  judge: aboutLink((_, { network }, { vm: { address } }) => {
    const ways = network.routes.filter(({ to }) => to === "default" || to === "0.0.0.0/0");
    const words =
      ways.map(({ via, dev }) => `default via ${via ?? "nobody"} dev ${dev}`).join(", ") || "none";
    // With several, the kernel takes the first.
    if (ways[0]?.via === address.gateway) return pass("control-channel", "default route of the guest", words);
    return fail(
      ways.length === 0
        ? `The guest has no default route; it must go via ${address.gateway}.`
        : `The guest's default route is "${words}", not via ${address.gateway}.`,
      [seen("control-channel", "default route of the guest", words)],
      set(address.gateway),
    );
  }),
};
