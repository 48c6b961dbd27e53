import { type Check, command, fail, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { mustHaveTap, noTapNow } from "./about-tap.ts";
import { describeLink, findTap } from "./find-tap.ts";

const remove = (tap: string) =>
  command(
    "Delete that link, and start the VM anew: hostd makes the TAP as it must be.",
    "whoever made that link loses it",
    `ip link delete ${tap}`,
  );

export const tapWrongKind: Check<VmSubject> = {
  code: "tap-wrong-kind",
  layer: "tap",
  title: "The link of the VM is a TAP with one queue",
  dependsOn: ["tap-replaced"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom: 'The VMM ends at start: "could not configure /dev/net/tun (bv-0): Invalid argument" (EINVAL).',
    cause:
      "The name belongs to a link of another kind (tun, bridge, dummy, veth), or to a TAP made with `multi_queue`, which a VMM that opens one queue cannot attach to, nor the reverse.",
    evidence: "`ip -d link show bv-0` says another kind than `tun type tap`, or `multi_queue`.",
    fix: remove("bv-0"),
  },
  judge(subject) {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const { tap } = subject.vm.address;
    const link = findTap(subject);
    if (!link) return skip("netlink", `link ${tap}`, "there is no such link");
    const what = describeLink(link, subject.host.links);
    if (subject.vm.port === "veth")
      return link.kind === "veth"
        ? pass("netlink", `link ${tap}`, "veth")
        : fail(
            `${tap} is not a veth but ${kindOf(link.kind)}.`,
            [seen("netlink", `link ${tap}`, what)],
            remove(tap),
          );
    const evidence = [seen("netlink", `link ${tap}`, `${what}${link.tun?.multiQueue ? " multi_queue" : ""}`)];
    if (link.kind === "tun" && link.tun && !link.tun.tap)
      return fail(`${tap} is a tun device (IP packets), not a TAP (Ethernet frames).`, evidence, remove(tap));
    if (!link.tun) return fail(`${tap} is not a TAP but ${kindOf(link.kind)}.`, evidence, remove(tap));
    if (link.tun.multiQueue)
      return fail(`${tap} is a multi-queue TAP; the VMM opens a single queue.`, evidence, remove(tap));
    return pass("netlink", `link ${tap}`, "tun type tap, one queue");
  },
};

const kindOf = (kind: string) => (kind === "" ? "a plain device" : `a link of kind ${kind}`);
