import {
  type EgressProxy,
  type ErrorCode,
  type ProxyReport,
  toBrowserVmError,
  type VmId,
} from "@browservm/contract";
import type { CheckedProxy } from "./check-proxy.ts";

/** What stands in the way of a connection. */
export interface ProxyProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fix: string;
}

export type ProxyState = Omit<ProxyReport, "connections" | "problem"> & {
  readonly problem: ProxyProblem | null;
};

export const MISTRUSTED = ["PROXY_EXIT_UNEXPECTED", "PROXY_EXIT_IS_HOST"] as const;

const UNCHECKED: ProxyState = {
  status: "unchecked",
  exit: null,
  checkedAt: null,
  ms: null,
  evidence: [],
  problem: null,
};

interface Known {
  readonly key: string;
  readonly state: ProxyState;
  /** Some look found it right, and none since then that it comes out where it may not. */
  readonly isTrusted: boolean;
}

/** What was seen last of each VM's proxy; of another proxy than the VM has it says nothing. */
export class ProxyStates {
  readonly #states = new Map<VmId, Known>();

  of(vmId: VmId, proxy: EgressProxy): ProxyState {
    return this.#known(vmId, proxy)?.state ?? UNCHECKED;
  }

  /**
   * Whether connections may go through it. A look that failed is none that found it right: after a restart it says
   * nothing of where it comes out. Of one that was right once, it says that it fails, which connections learn anyway.
   */
  isTrusted(vmId: VmId, proxy: EgressProxy): boolean {
    return this.#known(vmId, proxy)?.isTrusted ?? false;
  }

  /**
   * Answers whether that is news: another status, another exit, or another problem. Only a look that finds it right ends
   * a mistrust: whose proxy it is could make any other fail.
   */
  set(vmId: VmId, proxy: EgressProxy, state: ProxyState): boolean {
    const before = this.of(vmId, proxy);
    const isRight = state.status === "up";
    const isMistrusted = mistrustOf(state) !== undefined;
    if (mistrustOf(before) && !isMistrusted && !isRight) return false;
    const isTrusted = isRight || (!isMistrusted && this.isTrusted(vmId, proxy));
    this.#states.set(vmId, { key: proxyKeyOf(proxy), state, isTrusted });
    const told = ({ status, exit, problem }: ProxyState) => JSON.stringify([status, exit, problem?.code]);
    return told(before) !== told(state);
  }

  keepOnly(alive: ReadonlySet<VmId>): void {
    for (const vmId of this.#states.keys()) if (!alive.has(vmId)) this.#states.delete(vmId);
  }

  #known(vmId: VmId, proxy: EgressProxy): Known | undefined {
    const known = this.#states.get(vmId);
    return known?.key === proxyKeyOf(proxy) ? known : undefined;
  }
}

/** Where it was found to come out is where nothing may: no guest's traffic goes there. */
export const mistrustOf = ({ problem }: Pick<ProxyState, "problem">) =>
  MISTRUSTED.find((code) => code === problem?.code);

/** Who has the same has the same proxy. */
export const proxyKeyOf = (proxy: EgressProxy): string => JSON.stringify(proxy);

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
