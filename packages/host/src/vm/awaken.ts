import type { Progress, VmAddress } from "@browservm/contract";
import { TimedGuest } from "../guest/timed-guest.ts";
import { slotUid } from "../net/names.ts";
import type { VmMonitor } from "../vmm/vmm.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import { type IdentityTaking, type TakenIdentity, takeIdentity } from "./take-identity.ts";
import { untilPainted } from "./until-painted.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";
import type { WaitClock } from "./wait-clock.ts";

/** Milliseconds from the guest's first instruction until the frozen agent answers, with KVM. */
export const WAKE_BUDGET_MS = 5000;

export interface Awakening {
  readonly record: VmRecord;
  readonly monitor: VmMonitor;
  /** Behind its fence. */
  readonly address: VmAddress;
  readonly hasBrowser: boolean;
  readonly waits: WaitClock;
  readonly browser: IdentityTaking["browser"];
  /** Fails when somebody else answers at the address. */
  readonly silent: Promise<void>;
  readonly onIdentity: (told: TakenIdentity["told"]) => void;
}

/**
 * From a guest that goes on where another one was frozen, to a VM of its own that may speak: identity first, the bridge
 * last. Until then no frame can leave, whatever the guest still believes to be.
 */
export async function awaken(deps: VmDeps, progress: Progress, awakening: Awakening): Promise<LiveVm> {
  const { record, monitor, address, hasBrowser, waits, browser, silent, onIdentity } = awakening;
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
  const secrets = makeSecrets();
  const { signal } = progress;
  try {
    progress.step("agent");
    const awake = AbortSignal.timeout(WAKE_BUDGET_MS * deps.patience);
    await guest.connected(AbortSignal.any([signal, awake]));
    progress.step("identity");
    const taking = { record, address, monitor, guest, secrets, browser, signal };
    const { hello, told } = await waits.during(takeIdentity(deps, taking));
    onIdentity(told);
    if (hasBrowser && browser !== "keep-pages") {
      // Until then processes live that hold the same random state as those of every other clone.
      progress.step("browser");
      await waits.during(untilPainted({ guest, patience: deps.patience, signal }));
    }
    progress.step("plug");
    await silent;
    const ownerUid = slotUid(address.slot);
    await deps.network.plug(address, ownerUid);
    const { id } = record;
    const { bootId } = hello;
    return new LiveVm({ ...deps, id, address, monitor, guest, secrets, waits, bootId, hasBrowser, ownerUid });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}
