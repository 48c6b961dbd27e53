import { type Config, silentProgress } from "@browservm/contract";

/** The network namespace that hostd starts in, with its way out. Nothing to do in `host` mode. */
export async function ensureMachineNetwork(config: Config): Promise<void> {
  const { ensureNamespace } = await import("@browservm/host/namespace");
  await ensureNamespace(silentProgress(), config);
}

/** Removes it with everything in it, and what was added to the machine for it. Twice is nothing. */
export async function removeMachineNetwork(config: Config): Promise<void> {
  const { removeNamespace } = await import("@browservm/host/namespace");
  await removeNamespace(silentProgress(), config);
}
