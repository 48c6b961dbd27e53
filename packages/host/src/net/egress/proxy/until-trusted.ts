import { BrowserVmError } from "@browservm/contract";
import type { ProxiedGuest } from "./forwarder.ts";
import type { ProxyStates } from "./proxy-states.ts";
import type { ProxyWatch } from "./proxy-watch.ts";

/** A look that is under way may have begun before the credentials were told, and a change of policy may come between. */
const MOST_LOOKS = 3;

export interface Trust {
  readonly states: Pick<ProxyStates, "of" | "isTrusted">;
  readonly watch: Pick<ProxyWatch, "nextLook">;
  readonly signal: AbortSignal;
}

/**
 * Settles when a guest's connection may go through its proxy. What nobody has looked at yet may come out anywhere, so
 * it is looked at first. Rejects with what the last look found, or PROXY_UNREACHABLE when there was none in time.
 */
export async function untilTrusted(
  { vmId, policy: { proxy } }: ProxiedGuest,
  { states, watch, signal }: Trust,
): Promise<void> {
  const isUnseen = () => ["unchecked", "locked"].includes(states.of(vmId, proxy).status);
  const isTrusted = () => states.isTrusted(vmId, proxy);
  for (let left = MOST_LOOKS; left > 0 && !isTrusted() && isUnseen() && !signal.aborted; left -= 1)
    await watch.nextLook(proxy);
  if (isTrusted()) return;
  const { problem } = states.of(vmId, proxy);
  if (!problem) throw new BrowserVmError("PROXY_UNREACHABLE", "it was not looked at in time");
  throw new BrowserVmError(problem.code, problem.message);
}
