import type { EgressPolicy, EgressProxy } from "@browservm/contract";
import { type CompiledEgress, compileEgress, covers, isOpened, mayLeadTo } from "../compile.ts";

/** Most connections of one guest through its proxy, and of all. */
const MOST_PER_GUEST = 256;
const MOST = 4096;
const LAST_ADDRESS = 2 ** 32 - 1;
const DNS_OVER_TLS = 853;

/** What a guest wants to reach through its proxy. */
export type FlowTarget =
  | { readonly name: string; readonly port: number }
  | { readonly ip: string; readonly port: number };

export interface ProxyFlow {
  readonly guest: string;
  readonly target: FlowTarget;
  readonly proxy: EgressProxy;
  /** Ends it at once, at both sides. */
  readonly cut: () => void;
}

/** The connections of guests through their proxies: how many there are, and which must go. */
export class ProxyFlows {
  readonly #guests = new Map<string, Set<ProxyFlow>>();
  #all = 0;

  /** False: there is no room for another one. */
  add(flow: ProxyFlow): boolean {
    const flows = this.#guests.get(flow.guest) ?? new Set();
    if (flows.size >= MOST_PER_GUEST || this.#all >= MOST) return false;
    this.#guests.set(flow.guest, flows.add(flow));
    this.#all += 1;
    return true;
  }

  remove(flow: ProxyFlow): void {
    const flows = this.#guests.get(flow.guest);
    if (!flows?.delete(flow)) return;
    this.#all -= 1;
    if (flows.size === 0) this.#guests.delete(flow.guest);
  }

  countOf(guest: string): number {
    return this.#guests.get(guest)?.size ?? 0;
  }

  /** After a change: what the policy does not let through the same proxy any more is cut. */
  keepOnly(guest: string, policy: EgressPolicy | undefined): void {
    for (const flow of this.#guests.get(guest) ?? []) {
      const isSame = JSON.stringify(policy?.proxy) === JSON.stringify(flow.proxy);
      if (!policy || !isSame || !mayFlow(policy, flow.target)) flow.cut();
    }
  }

  forget(guest: string): void {
    this.keepOnly(guest, undefined);
  }
}

/** Whether a policy lets this through its proxy. What a name leads to is the proxy's business, so only the name counts. */
export function mayFlow(policy: EgressPolicy, target: FlowTarget): boolean {
  const egress = compileEgress(policy);
  if (isPortDenied(egress, target.port)) return false;
  return "ip" in target ? mayReachAddress(egress, target) : mayReachName(egress, target);
}

function mayReachName(
  { deniedNames, allowedNames, isClosed }: CompiledEgress,
  target: { name: string; port: number },
) {
  if (deniedNames.match(target.name)) return false;
  const allowed = allowedNames.match(target.name);
  if (!allowed || !isClosed) return !isClosed;
  return allowed.ports.some(({ from, to }) => from <= target.port && target.port <= to);
}

function mayReachAddress(egress: CompiledEgress, { ip, port }: { ip: string; port: number }): boolean {
  if (covers(egress.denied, ip, port) || !mayLeadTo(PLAIN, ip)) return false;
  return isOpened(egress, ip, port) || (!egress.isClosed && port !== DNS_OVER_TLS);
}

/** Closed ranges are closed whatever the policy opens: they would be those of the proxy's own network. */
const PLAIN = compileEgress({ allow: [], deny: [] });

/** `:25` in `deny` means names, too. */
const isPortDenied = ({ denied }: CompiledEgress, port: number): boolean =>
  spansAll(denied.filter(({ ports }) => ports.from <= port && port <= ports.to));

function spansAll(spans: ReadonlyArray<{ readonly first: number; readonly last: number }>): boolean {
  let next = 0;
  for (const { first, last } of spans.toSorted((a, b) => a.first - b.first)) {
    if (first > next) return false;
    next = Math.max(next, last + 1);
  }
  return next > LAST_ADDRESS;
}
