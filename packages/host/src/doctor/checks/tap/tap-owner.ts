import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHeldTap, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

const repair = restart(
  "Delete the VM and start it anew: the owner of a TAP cannot be changed while it is held.",
);

export const tapOwner: Check<VmSubject> = {
  code: "tap-owner",
  layer: "tap",
  title: "The TAP belongs to the user of its VMM",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: [],
  explanation: {
    symptom:
      "Nothing, while the VMM holds the TAP. A VMM that opens it later is refused (EPERM), or any local user may open it and speak for the guest.",
    cause:
      "The TAP has another owner than the VMM's user, or none; a TAP without owner and group may be opened by anybody who can open /dev/net/tun.",
    evidence: "`ip -d link show bv-0` says another `user` than the VMM runs as.",
    fix: repair,
  },
  judge: aboutHeldTap((tap, { vm: { ownerUid } }) => {
    const owner = tap.tun?.ownerUid;
    if (owner === ownerUid) return pass("netlink", `link ${tap.name}`, `user ${owner}`);
    const cause =
      owner === undefined
        ? `${tap.name} belongs to nobody, so any local user may open it; it must belong to uid ${ownerUid}.`
        : `${tap.name} belongs to uid ${owner}, but its VMM runs as uid ${ownerUid}.`;
    return fail(cause, [seen("netlink", `link ${tap.name}`, `user ${owner ?? "none"}`)], repair);
  }),
};
