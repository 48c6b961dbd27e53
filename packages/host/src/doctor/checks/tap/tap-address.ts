import type { LinkFacts } from "../../../net/facts.ts";
import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutTap } from "./about-tap.ts";

const repair = (tap: string, ...addresses: readonly string[]) =>
  auto(
    "Take the address from the TAP: a bridge port has none, the bridge has it for all.",
    ...addresses.slice(0, 10).map((address) => `ip address del ${address} dev ${tap}`),
  );

export const tapAddress: Check<VmSubject> = {
  code: "tap-address",
  layer: "tap",
  title: "The TAP has no IP address of its own",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP resolves on both sides with the right MACs, all carriers are up, the forwarding table is right, and IP is dead both ways: Destination Host Unreachable, or silence. Or it works until links come up in another order.",
    cause:
      "An address on a TAP brings a route with it, to the same range as the bridge's. Whichever route is first wins; when it is the TAP's, the host sends from the port itself, and the answer, which enters the bridge, never gets back to it.",
    evidence:
      "`ip address show dev bv-0` shows an `inet` line; `ip route get 192.168.100.2` says `dev bv-0`, not `dev fcbr0`.",
    fix: repair("bv-0", "192.168.100.1/24"),
  },
  judge: aboutTap((tap, subject) => {
    const { host, vm } = subject;
    const culprit = culpritOf(tap, subject);
    const own = addressesOf(culprit, host);
    if (own.length === 0) return pass("netlink", `addresses of ${tap.name}`, "none");
    const all = own.map(({ ip, prefix }) => `${ip}/${prefix}`);
    const evidence = [
      seen("netlink", `addresses of ${culprit.name}`, all.join(", ")),
      seen("netlink", `route to ${vm.address.ip}`, vm.route ? `dev ${vm.route.dev}` : "none"),
    ];
    const fix = repair(culprit.name, ...all);
    const words = `${culprit.name} has the address ${all.join(" and ")}`;
    if (own.some(({ ip }) => ip === vm.address.ip))
      return fail(`${words}, the guest's own, so the host keeps its packets.`, evidence, fix);
    if (vm.route?.dev === culprit.name)
      return fail(
        `${words}, so the host's route to the guest goes by it and not by the bridge.`,
        evidence,
        fix,
      );
    return warn(`${words}; a bridge port needs none, and it can take the route away.`, evidence, fix);
  }),
};

const addressesOf = ({ index }: LinkFacts, { addresses }: HostSight) =>
  addresses.filter(({ ifindex }) => ifindex === index);

/** Another VM's TAP with an address can steal the route of all. */
function culpritOf(tap: LinkFacts, { host, vm }: VmSubject): LinkFacts {
  const other = host.held
    .map(({ address }) => host.links.find(({ name }) => name === address.tap))
    .find((link) => link?.name === vm.route?.dev);
  return other && addressesOf(other, host).length > 0 ? other : tap;
}
