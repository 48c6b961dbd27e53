import { BrowserVmError } from "@browservm/contract";
import type { LinkFacts } from "../../facts.ts";
import type { GateStepDefinition, GateSubject, StepContext } from "../gate-step.ts";
import { until } from "../until.ts";

/** BR_STATE_FORWARDING, linux/if_bridge.h */
const FORWARDING = 3;

export const attachStep: GateStepDefinition = {
  id: "R3",
  // linkwatch may lag a second behind the truth (network-facts.md §3).
  budgetMs: 2500,
  async prove(subject, context) {
    if (subject.port === "veth") await provePeer(subject, context);
    else await proveTap(subject, context);
    return "pass";
  },
};

/** The VMM has this TAP open, and its port forwards. */
async function proveTap(subject: GateSubject, context: StepContext): Promise<void> {
  const { network, address, vmmPid } = subject;
  const holders = network.look.holders(address.tap);
  const held = holders.length > 0 ? `held by pid ${holders.join(", ")}` : "held by nobody";
  context.note("procfs", `fdinfo iff: ${address.tap}`, held);
  if (!holders.includes(vmmPid)) {
    const who = holders.length > 0 ? `pid ${holders.join(", ")} holds it instead` : "no process holds it";
    throw new BrowserVmError("GATE_ATTACH", `the VMM (pid ${vmmPid}) does not hold ${address.tap}: ${who}`, {
      holders,
    });
  }
  await untilForwarding(subject, context, "although the VMM holds it", (tap) => {
    // Only on the attached fd does the flag say something: the opener's flags replace the creator's.
    if (tap.tun?.vnetHdr !== true)
      throw new BrowserVmError("GATE_ATTACH", "the VMM opened its TAP without IFF_VNET_HDR");
    return "vnet_hdr on, ";
  });
}

/** The guest of this VMM has the other end, up and with its MAC, in a network namespace of its own; the port forwards. */
async function provePeer(subject: GateSubject, context: StepContext): Promise<void> {
  const { network, address, vmmPid } = subject;
  await untilForwarding(subject, context, "so its other end is down", () => {
    const peer = network.look.peer(address.tap, vmmPid);
    context.note("netlink", `peer of ${address.tap}`, JSON.stringify(peer ?? null));
    const fault = peerFault(peer, address.mac);
    if (fault) throw new BrowserVmError("GATE_ATTACH", `the other end of ${address.tap} ${fault}`);
    return "peer up, ";
  });
}

function peerFault(
  peer: ReturnType<GateSubject["network"]["look"]["peer"]>,
  mac: string,
): string | undefined {
  if (!peer) return "is not there, or cannot be seen";
  if (!peer.isInGuest) return "is not in the network namespace of this VM's guest";
  if (!peer.link.up) return "is down";
  return peer.link.mac === mac ? undefined : `has MAC ${peer.link.mac}, not ${mac}`;
}

function untilForwarding(
  { network, address }: GateSubject,
  { note, signal }: StepContext,
  although: string,
  also: (link: LinkFacts) => string,
): Promise<void> {
  return until(signal, 50, async () => {
    const link = network.look.link(address.tap);
    if (!link?.carrier) throw new BrowserVmError("GATE_ATTACH", `${address.tap} has no carrier ${although}`);
    if (link.port?.state !== FORWARDING)
      throw new BrowserVmError(
        "GATE_ATTACH",
        `port ${address.tap} is in state ${link.port?.state}, not forwarding`,
      );
    const words = also(link);
    note(
      "netlink",
      `link ${address.tap}`,
      `carrier 1, forwarding, ${words}carrier_changes ${link.carrierChanges}`,
    );
  });
}
