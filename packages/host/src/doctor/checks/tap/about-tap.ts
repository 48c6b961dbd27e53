import type { VmState } from "@browservm/contract";
import type { LinkFacts } from "../../../net/facts.ts";
import { type Judgement, type Seen, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { describeLink, findTap } from "./find-tap.ts";

const OVER: ReadonlySet<VmState> = new Set(["stopping", "stopped"]);
const STARTED: ReadonlySet<VmState> = new Set(["booting", "verifying", "ready"]);

/** Whether this VM must have its TAP now: hostd makes it before the VMM, and takes it away after it. */
export const mustHaveTap = ({ vm: { state, vmm } }: VmSubject): boolean =>
  !OVER.has(state) && (STARTED.has(state) || vmm.alive);

/** That the question does not arise, because this VM has no TAP yet, or no more. */
export const noTapNow = ({ vm: { vmId, state } }: VmSubject): Judgement =>
  skip("database", `VM ${vmId}`, `state ${state}`);

/** What was read of the TAP, for the evidence. */
export const seenTap = (tap: LinkFacts, { host }: VmSubject): Seen =>
  seen("netlink", `link ${tap.name}`, describeLink(tap, host.links));

/** Judges the TAP of a VM; that there is none, or that something else has its name, is another check's finding. */
export const aboutTap =
  (judge: (tap: LinkFacts, subject: VmSubject) => Judgement) =>
  (subject: VmSubject): Judgement => {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const tap = findTap(subject);
    if (!tap) return skip("netlink", `link ${subject.vm.address.tap}`, "there is no such link");
    const isPlanned = subject.vm.port === "veth" ? tap.kind === "veth" : tap.tun?.tap === true;
    if (!isPlanned) return skip("netlink", `link ${tap.name}`, `it is no ${NAMES[subject.vm.port]}`);
    return judge(tap, subject);
  };

const NAMES = { tap: "TAP", veth: "veth" } as const;

/** The same, of what only a TAP has: an owner, a holder, a header before each frame. */
export const aboutHeldTap = (judge: (tap: LinkFacts, subject: VmSubject) => Judgement) =>
  aboutTap((tap, subject) =>
    subject.vm.port === "veth"
      ? skip("netlink", `link ${tap.name}`, "the guest has the other end of a veth: nobody holds it")
      : judge(tap, subject),
  );

/** The same, of a TAP that is plugged into our bridge. */
export const aboutPort = (
  judge: (tap: LinkFacts, port: NonNullable<LinkFacts["port"]>, subject: VmSubject) => Judgement,
) =>
  aboutTap((tap, subject) => {
    const { bridge, plan } = subject.host;
    if (!bridge || tap.master !== bridge.index || !tap.port)
      return skip("netlink", `link ${tap.name}`, `it is no port of ${plan.bridge}`);
    return judge(tap, tap.port, subject);
  });

/** Codes under which nothing else about the TAP's own state is news: it is not the link that was planned. */
export const NOT_THE_PLANNED_TAP = ["tap-replaced", "tap-not-persistent"] as const;
