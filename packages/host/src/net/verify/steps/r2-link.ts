import { BrowserVmError } from "@browservm/contract";
import type { LinkFacts } from "../../facts.ts";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";

/** NET_ADDR_SET, linux/netdevice.h */
const ADDRESS_SET = 3;

type Claim = readonly [holds: boolean, words: string];

function bridgeClaims(bridge: LinkFacts, { network: { plan } }: GateSubject): Claim[] {
  return [
    [bridge.kind === "bridge", `${bridge.name} is not a bridge but ${bridge.kind || "a plain device"}`],
    [bridge.up, `${bridge.name} is down`],
    [bridge.mac === plan.bridgeMac, `${bridge.name} has MAC ${bridge.mac}, not ${plan.bridgeMac}`],
    [
      bridge.addressAssignType === ADDRESS_SET,
      `${bridge.name}'s MAC is not pinned: it changes when ports come and go`,
    ],
    [bridge.bridge?.stp === false, `${bridge.name} runs STP: ports wait before they forward`],
    [bridge.mtu === plan.mtu, `${bridge.name} has MTU ${bridge.mtu}, not ${plan.mtu}`],
  ];
}

function tapClaims(tap: LinkFacts, subject: GateSubject): Claim[] {
  const { tun } = tap;
  return [
    [tun?.tap === true, `${tap.name} is not a TAP`],
    [
      tun?.persist === true,
      `${tap.name} is not persistent: a VMM made it by opening a name that did not exist`,
    ],
    [tun?.multiQueue === false, `${tap.name} is multi-queue`],
    [
      tun?.ownerUid === subject.ownerUid,
      `${tap.name} belongs to uid ${tun?.ownerUid ?? "nobody"}, not ${subject.ownerUid}`,
    ],
  ];
}

const vethClaims = ({ name, kind }: LinkFacts): Claim[] => [[kind === "veth", `${name} is not a veth`]];

function portClaims(tap: LinkFacts, bridge: LinkFacts, subject: GateSubject): Claim[] {
  return [
    ...(subject.port === "veth" ? vethClaims(tap) : tapClaims(tap, subject)),
    [tap.up, `${tap.name} is down`],
    [tap.master === bridge.index, `${tap.name} is not plugged into ${bridge.name}`],
    [tap.mtu === subject.network.plan.mtu, `${tap.name} has MTU ${tap.mtu}, not ${subject.network.plan.mtu}`],
    [tap.port?.isolated === true, `${tap.name} is not isolated from other guests`],
    [tap.mac !== subject.address.mac, `${tap.name} has the guest's own MAC`],
  ];
}

export const linkStep: GateStepDefinition = {
  id: "R2",
  budgetMs: 2000,
  async prove(subject, { note }) {
    const { plan, look } = subject.network;
    const [bridge, tap] = [look.link(plan.bridge), look.link(subject.address.tap)];
    note("netlink", `link ${plan.bridge}`, JSON.stringify(bridge ?? null));
    note("netlink", `link ${subject.address.tap}`, JSON.stringify(tap ?? null));
    if (!bridge) throw new BrowserVmError("GATE_LINK", `the bridge ${plan.bridge} does not exist`);
    if (!tap) throw new BrowserVmError("GATE_LINK", `the port ${subject.address.tap} does not exist`);
    const broken = [...bridgeClaims(bridge, subject), ...portClaims(tap, bridge, subject)].filter(
      ([holds]) => !holds,
    );
    if (broken.length > 0) throw new BrowserVmError("GATE_LINK", broken.map(([, words]) => words).join("; "));
    return "pass";
  },
};
