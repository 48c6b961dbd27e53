import { randomBytes, randomUUID } from "node:crypto";
import { BrowserVmError, type GuestResult, isBrowserVmError, type VmAddress } from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";
import type { VmMonitor } from "../vmm/vmm.ts";
import { explainExit, introduce } from "./introduce.ts";
import { guestHostname } from "./kernel-ip.ts";
import { browserWindow, type VmSecrets } from "./live-vm.ts";
import { filesOfCall, sessionFiles } from "./session-files.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";

/** Milliseconds that a guest may take to take its identity, and its agent to execute itself anew, with KVM. */
const TAKE_BUDGET_MS = 10_000;
const REBIRTH_BUDGET_MS = 10_000;
/** Enough to seed the kernel's generator as a whole (256 bits, drivers/char/random.c). */
const SEED_BYTES = 32;

export interface IdentityTaking {
  readonly record: VmRecord;
  readonly address: VmAddress;
  readonly monitor: VmMonitor;
  readonly guest: Guest;
  readonly secrets: VmSecrets;
  /** See `identity.take` of the contract. */
  readonly browser: "renew" | "keep-pages" | "restart";
  readonly signal: AbortSignal;
}

export interface TakenIdentity {
  readonly hello: GuestResult<"hello">;
  readonly told: GuestResult<"identity.take">;
}

/**
 * Makes a restored guest another machine than the one that was frozen, and hears it from an agent that did not live
 * then. Its TAP must be behind the fence. IDENTITY_NOT_TAKEN, and whatever `introduce` fails with.
 */
export async function takeIdentity(deps: VmDeps, taking: IdentityTaking): Promise<TakenIdentity> {
  const { guest, record, monitor, secrets, signal } = taking;
  const injected = sessionFiles(record);
  const died = monitor.exited.then(async (exit) => {
    throw await explainExit(deps, record, exit);
  });
  died.catch(() => {}); // raced below; once that is won nobody listens
  const patience = AbortSignal.timeout((TAKE_BUDGET_MS + REBIRTH_BUDGET_MS) * deps.patience);
  const deadline = AbortSignal.any([signal, patience]);
  const reborn = nextReset(guest, deadline);
  reborn.catch(() => {}); // awaited below, unless the call itself fails
  const told = await Promise.race([askToTake(deps, taking, deadline), died]);
  const back = reborn.then(() => guest.connected(deadline));
  await Promise.race([back, died]).catch((cause) => {
    signal.throwIfAborted();
    if (!patience.aborted) throw cause;
    const why = "its agent did not come back after it had taken its identity";
    throw new BrowserVmError("IDENTITY_NOT_TAKEN", why, {}, { cause });
  });
  const hello = await introduce(deps, { record, monitor, guest, secrets, injected, signal });
  return { hello, told };
}

async function askToTake(
  deps: VmDeps,
  { guest, record, address, browser }: IdentityTaking,
  signal: AbortSignal,
): Promise<GuestResult<"identity.take">> {
  const { mac, ip, prefix, gateway } = address;
  const { dns, mtu } = deps.network.plan;
  const params = {
    hostname: guestHostname(record.id),
    // A version 4 UUID without dashes (machine-id(5)).
    machineId: randomUUID().replaceAll("-", ""),
    seed: randomBytes(SEED_BYTES).toString("base64"),
    hostTime: new Date().toISOString(),
    network: { mac, address: ip, prefix, gateway, dns: dns.slice(0, 4), mtu },
    files: filesOfCall(sessionFiles(record)),
    browser,
    browserWindow: browserWindow(record.accelerator),
  };
  try {
    return await guest.call("identity.take", params, { timeoutMs: TAKE_BUDGET_MS * deps.patience, signal });
  } catch (cause) {
    if (!isBrowserVmError(cause, "GUEST_CALL_FAILED")) throw cause;
    throw new BrowserVmError("IDENTITY_NOT_TAKEN", `the guest refused: ${cause.message}`, {}, { cause });
  }
}

/** Settles when the agent that we speak to is gone. */
function nextReset(guest: Guest, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = guest.onReset(() => {
      stopListening();
      resolve();
    });
    const giveUp = () => {
      stopListening();
      reject(signal.reason);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  });
}
