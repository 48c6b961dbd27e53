import { BrowserVmError } from "@browservm/contract";
import type { Note } from "../evidence.ts";
import type { GateStepDefinition, GateSubject } from "../gate-step.ts";
import { until } from "../until.ts";

/** IPv4 header without options + ICMP echo header, RFC 791 and RFC 792. */
const PING_OVERHEAD_BYTES = 28;

async function hostToGuest(
  { network, address, patience }: GateSubject,
  payloadBytes: number,
  dontFragment: boolean,
  note: Note,
): Promise<void> {
  const pong = await network.look.ping(address.ip, {
    payloadBytes,
    dontFragment,
    timeoutMs: 1000 * patience,
  });
  const how = `${payloadBytes + PING_OVERHEAD_BYTES} bytes${dontFragment ? ", DF" : ""}`;
  note(
    "icmp",
    `host → ${address.ip} (${how})`,
    pong.ok ? `answered in ${pong.ms?.toFixed(1)} ms` : (pong.error ?? "no answer"),
  );
  if (pong.ok) return;
  const code = dontFragment ? "GATE_MTU" : "GATE_PATH_UNREACHABLE";
  throw new BrowserVmError(
    code,
    `ping from the host to ${address.ip} (${how}): ${pong.error ?? "no answer"}`,
  );
}

async function guestToHost(
  { guest, address, network, patience }: GateSubject,
  note: Note,
  signal: AbortSignal,
): Promise<void> {
  const payloadBytes = network.plan.mtu - PING_OVERHEAD_BYTES;
  const timeoutMs = Math.min(1000 * patience, 30_000);
  const pong = await guest.call(
    "probe.ping",
    { address: address.gateway, payloadBytes, dontFragment: true, timeoutMs },
    { timeoutMs: timeoutMs * 3, signal },
  );
  note(
    "icmp",
    `guest → ${address.gateway} (${network.plan.mtu} bytes, DF)`,
    pong.ok ? `answered in ${pong.ms?.toFixed(1)} ms` : (pong.error ?? "no answer"),
  );
  if (!pong.ok)
    throw new BrowserVmError(
      "GATE_PATH_UNREACHABLE",
      `ping from the guest to its gateway: ${pong.error ?? "no answer"}`,
    );
}

function provePlace({ network, address }: GateSubject, note: Note): void {
  const route = network.look.route(address.ip);
  note("netlink", `route get ${address.ip}`, JSON.stringify(route ?? null));
  if (route?.dev !== network.plan.bridge) {
    throw new BrowserVmError(
      "GATE_PATH_UNREACHABLE",
      `the host sends ${address.ip} by ${route?.dev ?? "no link"}, not by ${network.plan.bridge}`,
    );
  }
  const neighbour = network.look.neighbour(address.ip);
  note("netlink", `neighbour ${address.ip}`, JSON.stringify(neighbour ?? null));
  if (neighbour?.mac !== address.mac) {
    throw new BrowserVmError(
      "GATE_PATH_UNREACHABLE",
      `${address.ip} is at ${neighbour?.mac ?? "no MAC"}, not at this VM's ${address.mac}`,
    );
  }
}

export const pathStep: GateStepDefinition = {
  id: "R6",
  budgetMs: 5000,
  async prove(subject, { note, signal }) {
    const { waiting } = subject;
    await waiting(until(signal, 100, () => hostToGuest(subject, 56, false, note)));
    provePlace(subject, note);
    const fullSize = subject.network.plan.mtu - PING_OVERHEAD_BYTES;
    await waiting(until(signal, 100, () => hostToGuest(subject, fullSize, true, note)));
    await waiting(until(signal, 100, () => guestToHost(subject, note, signal)));
    return "pass";
  },
};
