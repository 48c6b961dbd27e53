import type { Config } from "@browservm/contract";
import type { NetworkNamespace } from "@browservm/host/namespace";

/** The network namespace that hostd starts in, with its way out; in `host` mode the machine's own. */
export async function ensureMachineNetwork(config: Config): Promise<NetworkNamespace> {
  const { ensureNamespace } = await import("@browservm/host/namespace");
  return ensureNamespace(config);
}

/** Removes it with everything in it, and what was added to the machine for it. Twice is nothing. */
export async function removeMachineNetwork(config: Config): Promise<void> {
  const { removeNamespace } = await import("@browservm/host/namespace");
  await removeNamespace(config);
}
