import { BrowserVmError, type GuestResult } from "@browservm/contract";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

/** Of a ping whose answer is not waited for in earnest, in milliseconds. */
const NUDGE_MS = 3000;

type GuestNetwork = GuestResult<"network.get">;

/** What the guest's own view lacks, in words; nothing when all is as planned. */
export function guestFaults(
  { address, network }: Pick<GateSubject, "address" | "network">,
  seen: GuestNetwork,
): string[] {
  const link = seen.links.find(({ mac }) => mac.toLowerCase() === address.mac);
  if (!link)
    return [
      `no link has MAC ${address.mac} (it sees ${seen.links.map(({ name, mac }) => `${name} ${mac}`).join(", ")})`,
    ];
  const wanted = `${address.ip}/${address.prefix}`;
  const faults: string[] = [];
  if (!link.up || !link.carrier) faults.push(`${link.name} is ${link.up ? "without carrier" : "down"}`);
  if (!link.addresses.includes(wanted))
    faults.push(`${link.name} has ${link.addresses.join(", ") || "no address"}, not ${wanted}`);
  if (link.mtu !== network.plan.mtu) faults.push(`${link.name} has MTU ${link.mtu}, not ${network.plan.mtu}`);
  const way = seen.routes.find(({ to }) => to === "default" || to === "0.0.0.0/0");
  if (way?.via !== address.gateway)
    faults.push(`its default route goes via ${way?.via ?? "nobody"}, not ${address.gateway}`);
  if (seen.authorities.length !== 1)
    faults.push(
      `${seen.authorities.length} programs configure its links: ${seen.authorities.join(", ") || "none"}`,
    );
  return faults;
}

/** Has the guest look for its gateway, so that one look at its network shows both. What came of it is seen there. */
async function nudgeGateway({ guest, address, patience }: GateSubject, signal: AbortSignal): Promise<void> {
  await pingGateway({ guest, address }, Math.min(1000 * patience, NUDGE_MS), signal).catch(() => {});
}

function pingGateway(
  { guest, address }: Pick<GateSubject, "guest" | "address">,
  timeoutMs: number,
  signal: AbortSignal,
) {
  const target = { address: address.gateway, payloadBytes: 56, dontFragment: false, timeoutMs };
  return guest.call("probe.ping", target, { timeoutMs: timeoutMs * 2, signal });
}

async function proveGateway(subject: GateSubject, signal: AbortSignal): Promise<string> {
  const { guest, network, patience } = subject;
  const timeoutMs = 1000 * patience;
  await pingGateway(subject, Math.min(timeoutMs, 30_000), signal);
  const seen = await guest.call("network.get", {}, { timeoutMs: timeoutMs * 2, signal });
  const gateway = gatewayIn(subject, seen);
  if (gateway && isBridge(subject, gateway)) return inWords(gateway);
  throw new BrowserVmError(
    "GATE_GUEST",
    `the guest holds ${gateway?.mac ?? "no MAC"} (${gateway?.state ?? "no entry"}) for its gateway, not the bridge's ${network.plan.bridgeMac}`,
  );
}

type Neighbour = GuestNetwork["neighbours"][number];

const gatewayIn = ({ address }: GateSubject, { neighbours }: GuestNetwork): Neighbour | undefined =>
  neighbours.find(({ ip }) => ip === address.gateway);

const isBridge = ({ network }: GateSubject, { mac }: Neighbour): boolean =>
  mac?.toLowerCase() === network.plan.bridgeMac;

const inWords = ({ ip, mac, state }: Neighbour) => `${ip} lladdr ${mac} ${state}`;

export const guestStep: GateStepDefinition = {
  id: "R5",
  budgetMs: 10_000,
  async prove(subject, { note, signal }) {
    let last: GuestNetwork | undefined;
    const look = async () => {
      last = await subject.guest.call("network.get", {}, { timeoutMs: 3000 * subject.patience, signal });
      const faults = guestFaults(subject, last);
      if (faults.length > 0) throw new BrowserVmError("GATE_GUEST", faults.join("; "), { faults });
      return gatewayIn(subject, last);
    };
    let gateway: Neighbour | undefined;
    try {
      await subject.waiting(nudgeGateway(subject, signal));
      gateway = await subject.waiting(until(signal, 100 * Math.min(subject.patience, 3), look));
    } finally {
      if (last) note("control-channel", "what the guest sees", JSON.stringify(last));
    }
    // It may have looked before the gateway had answered.
    const proven =
      gateway && isBridge(subject, gateway)
        ? inWords(gateway)
        : await subject.waiting(until(signal, 200, () => proveGateway(subject, signal)));
    note("control-channel", "the guest's gateway", proven);
    return "pass";
  },
};
