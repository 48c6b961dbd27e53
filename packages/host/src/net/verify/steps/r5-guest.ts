import { BrowserVmError, type GuestResult } from "@browservm/contract";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

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

async function proveGateway(
  { guest, address, network, patience }: GateSubject,
  signal: AbortSignal,
): Promise<string> {
  const timeoutMs = 1000 * patience;
  await guest.call(
    "probe.ping",
    {
      address: address.gateway,
      payloadBytes: 56,
      dontFragment: false,
      timeoutMs: Math.min(timeoutMs, 30_000),
    },
    { timeoutMs: timeoutMs * 2, signal },
  );
  const { neighbours } = await guest.call("network.get", {}, { timeoutMs: timeoutMs * 2, signal });
  const gateway = neighbours.find(({ ip }) => ip === address.gateway);
  if (gateway?.mac?.toLowerCase() !== network.plan.bridgeMac) {
    throw new BrowserVmError(
      "GATE_GUEST",
      `the guest holds ${gateway?.mac ?? "no MAC"} (${gateway?.state ?? "no entry"}) for its gateway, not the bridge's ${network.plan.bridgeMac}`,
    );
  }
  return `${gateway.ip} lladdr ${gateway.mac} ${gateway.state}`;
}

export const guestStep: GateStepDefinition = {
  id: "R5",
  budgetMs: 10_000,
  async prove(subject, { note, signal }) {
    let last: GuestNetwork | undefined;
    try {
      const isAsPlanned = async () => {
        last = await subject.guest.call("network.get", {}, { timeoutMs: 3000 * subject.patience, signal });
        const faults = guestFaults(subject, last);
        if (faults.length > 0) throw new BrowserVmError("GATE_GUEST", faults.join("; "), { faults });
      };
      await subject.waiting(until(signal, 100 * Math.min(subject.patience, 3), isAsPlanned));
    } finally {
      if (last) note("control-channel", "what the guest sees", JSON.stringify(last));
    }
    note(
      "control-channel",
      "the guest's gateway",
      await subject.waiting(until(signal, 200, () => proveGateway(subject, signal))),
    );
    return "pass";
  },
};
