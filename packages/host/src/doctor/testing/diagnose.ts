import type { DoctorFinding } from "@browservm/contract";
import type { LinkFacts } from "../../net/facts.ts";
import type { Check } from "../check.ts";
import { ADDRESS_HOST_CHECKS, ADDRESS_VM_CHECKS } from "../checks/address/index.ts";
import { BRIDGE_CHECKS } from "../checks/bridge/index.ts";
import { TAP_CHECKS } from "../checks/tap/index.ts";
import { VMM_CHECKS } from "../checks/vmm/index.ts";
import { excuseOf } from "../excuse.ts";
import { findingsOf, judge } from "../judge.ts";
import type { HostSight } from "../sight/host-sight.ts";
import type { VmSight, VmSubject } from "../sight/vm-sight.ts";
import { healthyHost, healthyProbe, healthyVm } from "./healthy-sight.ts";

/** Of the layers below IP's own: links, bridge, addresses. */
export const LINK_HOST_CHECKS: readonly Check<HostSight>[] = [...BRIDGE_CHECKS, ...ADDRESS_HOST_CHECKS];
export const LINK_VM_CHECKS: readonly Check<VmSubject>[] = [
  ...VMM_CHECKS,
  ...TAP_CHECKS,
  ...ADDRESS_VM_CHECKS,
];

/** Changes to a link; `undefined` takes a fact away. */
type LinkOverlay = { readonly [Fact in keyof LinkFacts]?: LinkFacts[Fact] | undefined };

/** What is laid over a healthy host with one VM. */
export interface Overlay {
  readonly tap?: LinkOverlay;
  readonly bridge?: LinkOverlay;
  /** Links beside TAP and bridge. */
  readonly links?: readonly LinkFacts[];
  readonly host?: Partial<HostSight>;
  readonly vm?: Partial<VmSight>;
}

export function subjectWith({ tap, bridge, links = [], host, vm }: Overlay): VmSubject {
  const good = healthyHost();
  const over = new Map([
    ["bridge", bridge],
    ["tun", tap],
  ]);
  const laid = [...good.links.map((link) => lay(link, over.get(link.kind) ?? {})), ...links];
  return {
    host: healthyHost({ links: laid, bridge: laid.find(({ name }) => name === "fcbr0"), ...host }),
    vm: healthyVm(vm),
  };
}

const lay = (link: LinkFacts, over: LinkOverlay): LinkFacts =>
  Object.fromEntries(
    Object.entries({ ...link, ...over }).filter(([, fact]) => fact !== undefined),
  ) as unknown as LinkFacts;

/** What a probe says when the VMM takes our packets and the guest sends nothing back. */
export const deadProbe = (over: Parameters<typeof healthyProbe>[0] = {}) =>
  healthyProbe({
    toGuest: {
      pings: [{ ok: false }, { ok: false }, { ok: false }],
      arp: [],
      agent: "timeout",
      ssh: "timeout",
      nonce: "none",
      mtu: [],
    },
    fromGuest: undefined,
    tap: { rx: 0, tx: 12, rxDropped: 0, txDropped: 0 },
    ...over,
  });

/** The findings of the link layers about this host and VM, with what explains what. */
export function diagnose(subject: VmSubject): DoctorFinding[] {
  const { at } = subject.host;
  return findingsOf([
    ...judge(LINK_HOST_CHECKS, subject.host, { at }),
    ...judge(LINK_VM_CHECKS, subject, {
      at,
      vmId: subject.vm.vmId,
      excuse: (check) => excuseOf(check, subject.vm),
    }),
  ]);
}

/** Codes of the failed findings that nothing explains. */
export const rootsOf = (subject: VmSubject): string[] =>
  diagnose(subject)
    .filter(({ verdict, suppressedBy }) => verdict === "fail" && suppressedBy.length === 0)
    .map(({ code }) => code);

/** Codes of the findings with this verdict, explained or not. */
export const codesOf = (subject: VmSubject, verdict: DoctorFinding["verdict"]): string[] =>
  diagnose(subject)
    .filter((finding) => finding.verdict === verdict)
    .map(({ code }) => code);

/** One code's finding. */
export function findingOf(subject: VmSubject, code: string): DoctorFinding {
  const found = diagnose(subject).find((finding) => finding.code === code);
  if (!found) throw new Error(`no check has the code ${code}`);
  return found;
}
