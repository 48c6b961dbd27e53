import { setTimeout as sleep } from "node:timers/promises";
import type { AgentLog } from "../agent-log.ts";
import { reloadNetworkd } from "../network/apply-network.ts";
import { startSshd } from "./host-key.ts";

export interface SettleParts {
  readonly log: AgentLog;
  /** True after a new identity was taken. */
  readonly isUnsettled: boolean;
  /** Whether there is something that a person waits for. */
  isBusy(): boolean;
}

const LOOK_MS = 100;
const PATIENCE_MS = 10_000;

/** Tells networkd and sshd of the new identity, after the first picture: neither changes what is so already. */
export async function settleWhenIdle({ log, isUnsettled, isBusy }: SettleParts): Promise<void> {
  if (!isUnsettled) return;
  const end = performance.now() + PATIENCE_MS;
  while (isBusy() && performance.now() < end) await sleep(LOOK_MS);
  await reloadNetworkd().catch((error: Error) => log.warn(`networkd: ${error.message}`));
  await startSshd().catch((error: Error) => log.warn(`sshd: ${error.message}`));
}
