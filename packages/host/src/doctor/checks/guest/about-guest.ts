import type { GuestResult, VmState } from "@browservm/contract";
import { type Judgement, seen, skip, unknown } from "../../check.ts";
import type { PathProbe, VmSight, VmSubject } from "../../sight/vm-sight.ts";

/** What a guest that answers on its control channel says of itself. */
export type GuestFacts = Exclude<VmSight["guest"], { silent: string }>;
export type GuestLink = GuestResult<"network.get">["links"][number];
export type GuestHealth = GuestResult<"health.get">;

/** Nobody can expect an answer of a guest in these states. */
const STANDING: ReadonlySet<VmState> = new Set(["pausing", "paused", "resuming"]);
export const mustAnswer = ({ state }: VmSight): boolean => !STANDING.has(state);

/** Codes under which a guest's own facts cannot be had, or mean nothing. */
export const UNHEARD = ["guest-silent"] as const;

/** Judges what the guest says; when it is silent, nothing can be told, and that is another check's finding. */
export const aboutGuest =
  (judge: (facts: GuestFacts, subject: VmSubject) => Judgement) =>
  (subject: VmSubject): Judgement => {
    const { guest, state } = subject.vm;
    if (!mustAnswer(subject.vm)) return skip("database", "state of the VM", state);
    if ("silent" in guest)
      return unknown("The guest is silent on its control channel, so it cannot be asked.", [
        seen("control-channel", "the guest", guest.silent),
      ]);
    return judge(guest, subject);
  };

/** The same of one part of its health, which an old agent does not know and a sick guest may be unable to read. */
export const aboutHealth = (
  part: keyof GuestHealth,
  judge: (health: GuestHealth, subject: VmSubject) => Judgement,
) =>
  aboutGuest(({ health }, subject) => {
    if (!health)
      return unknown("The guest's agent did not tell how the guest is.", [
        seen("control-channel", "health.get", "no answer"),
      ]);
    const why = health.unread?.find((line) => line.startsWith(`${part}:`));
    if (why)
      return unknown(`The guest could not read its ${part}.`, [seen("control-channel", "health.get", why)]);
    return judge(health, subject);
  });

/** The same of the guest's link with the planned MAC; that there is none is another check's finding. */
export const aboutLink = (judge: (link: GuestLink, facts: GuestFacts, subject: VmSubject) => Judgement) =>
  aboutGuest((facts, subject) => {
    const link = linkOf(facts, subject);
    return link
      ? judge(link, facts, subject)
      : skip("control-channel", "links of the guest", `none has ${subject.vm.address.mac}`);
  });

export const linkOf = ({ network }: GuestFacts, { vm }: VmSubject): GuestLink | undefined =>
  network.links.find(({ mac }) => mac.toLowerCase() === vm.address.mac);

export const isPingDead = ({ toGuest }: PathProbe): boolean =>
  toGuest.pings.length > 0 && toGuest.pings.every(({ ok }) => !ok);

export const isTcpDead = ({ toGuest }: PathProbe): boolean =>
  toGuest.agent === "timeout" || toGuest.agent === "unreachable";

/** Of the packets of a burst, how many must pass a point for us to say that they do, and how few that they do not. */
const MOST = 0.8;
const FEW = 0.5;

/**
 * What proves that the guest takes the host's pings and does not answer: the VMM took them from the TAP, and nothing
 * like as many frames came back. undefined: not so, or not probed.
 */
export function swallowed({ burst }: PathProbe): string | undefined {
  if (burst?.kind !== "echo" || !burst.tap) return undefined;
  const { sent, tap, guestReceived } = burst;
  if (tap.tx < sent * MOST || tap.rx >= sent * FEW) return undefined;
  const inside = guestReceived === undefined ? "" : `; its kernel says that it received ${guestReceived}`;
  return `of ${sent} pings the guest took ${tap.tx} and sent ${tap.rx} frames back${inside}`;
}

/** What outside the guest, or more basic in it, lets pings reach its TAP and never be answered. */
export const NEVER_ANSWERS = [
  "guest-link-missing",
  "guest-link-down",
  "guest-address-missing",
  "guest-address-wrong",
  "guest-prefix-wrong",
  "guest-panic",
  "guest-out-of-memory",
  "guest-frozen",
  "vmm-stopped",
  "vmm-paused",
  "vnet-header-size",
  "neighbour-permanent",
  "neighbour-wrong",
  "mac-elsewhere",
  "address-duplicate",
  "route-stolen",
] as const;
