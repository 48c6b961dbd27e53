import { type EgressProxy, type ProxyReport, toBrowserVmError, type VmId } from "@browservm/contract";
import type { CheckedProxy } from "./check-proxy.ts";

export type ProxyState = Omit<ProxyReport, "connections">;

export const MISTRUSTED = ["PROXY_EXIT_UNEXPECTED", "PROXY_EXIT_IS_HOST"] as const;

const UNCHECKED: ProxyState = {
  status: "unchecked",
  exit: null,
  checkedAt: null,
  ms: null,
  evidence: [],
  problem: null,
};

/** What was seen last of each VM's proxy; of another proxy than the VM has it says nothing. */
export class ProxyStates {
  readonly #states = new Map<VmId, { readonly key: string; readonly state: ProxyState }>();

  of(vmId: VmId, proxy: EgressProxy): ProxyState {
    const known = this.#states.get(vmId);
    return known?.key === keyOf(proxy) ? known.state : UNCHECKED;
  }

  /**
   * Answers whether that is news: another status, another exit, or another problem. Only a look that finds it right ends
   * a mistrust: whose proxy it is could make any other fail.
   */
  set(vmId: VmId, proxy: EgressProxy, state: ProxyState): boolean {
    const before = this.of(vmId, proxy);
    if (mistrustOf(before) && !mistrustOf(state) && state.status !== "up") return false;
    this.#states.set(vmId, { key: keyOf(proxy), state });
    const told = ({ status, exit, problem }: ProxyState) => JSON.stringify([status, exit, problem?.code]);
    return told(before) !== told(state);
  }

  keepOnly(alive: ReadonlySet<VmId>): void {
    for (const vmId of this.#states.keys()) if (!alive.has(vmId)) this.#states.delete(vmId);
  }
}

/** Where it was found to come out is where nothing may: no guest's traffic goes there. */
export const mistrustOf = ({ problem }: Pick<ProxyState, "problem">) =>
  MISTRUSTED.find((code) => code === problem?.code);

const keyOf = (proxy: EgressProxy): string => JSON.stringify(proxy);

export const asUp = ({ exit, evidence }: CheckedProxy, ms: number): ProxyState => ({
  status: "up",
  exit,
  checkedAt: new Date().toISOString(),
  ms: Math.round(ms),
  evidence: [...evidence],
  problem: null,
});

/** Where it came out last is no news of where it does now. */
export function asDown(error: unknown, ms: number): ProxyState {
  const { code, message, fix } = toBrowserVmError(error);
  return {
    status: code === "PROXY_CREDENTIALS_UNKNOWN" ? "locked" : "down",
    exit: null,
    checkedAt: new Date().toISOString(),
    ms: Math.round(ms),
    evidence: [],
    problem: { code, message, fix },
  };
}
