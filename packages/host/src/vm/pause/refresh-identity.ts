import { randomBytes } from "node:crypto";
import { isBrowserVmError } from "@browservm/contract";
import type { LiveVm } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";

const REFRESH_MS = 5000;
const SEED_BYTES = 32;

/**
 * Tells a guest that stood still what time it is, and gives it randomness that nobody had when it was
 * stopped. Asked twice where the first question is lost: over vsock the connection of before breaks only when it is used.
 */
export async function refreshIdentity(
  { patience }: Pick<VmDeps, "patience">,
  { guest }: Pick<LiveVm, "guest">,
  signal?: AbortSignal,
): Promise<void> {
  const tell = () =>
    guest.call(
      "identity.refresh",
      { seed: randomBytes(SEED_BYTES).toString("base64"), hostTime: new Date().toISOString() },
      { timeoutMs: REFRESH_MS * patience, ...(signal ? { signal } : {}) },
    );
  await tell().catch((error: unknown) => {
    signal?.throwIfAborted();
    if (!isBrowserVmError(error, "AGENT_UNREACHABLE")) throw error;
    return tell();
  });
}
