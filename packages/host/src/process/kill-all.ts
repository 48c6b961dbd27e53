import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError } from "@browservm/contract";
import { isAlive, type ProcessIdentity } from "./identity.ts";

/** A killed VMM with much memory needs seconds to go. */
const GONE_WITHIN_MS = 60_000;

/** Kills these very processes (never a re-used pid) and waits until they are gone. DEADLINE_EXCEEDED. */
export async function killAll(identities: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of identities) {
    if (isAlive(identity)) process.kill(identity.pid, "SIGKILL");
  }
  const deadline = Date.now() + GONE_WITHIN_MS;
  while (identities.some(isAlive)) {
    if (Date.now() > deadline) {
      throw new BrowserVmError("DEADLINE_EXCEEDED", "a killed process does not end", {
        pids: identities.map(({ pid }) => pid),
      });
    }
    await sleep(10);
  }
}
