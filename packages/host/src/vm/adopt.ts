import { BrowserVmError } from "@browservm/contract";
import { TimedGuest } from "../guest/timed-guest.ts";
import { slotUid } from "../net/names.ts";
import { canFreeze } from "../vmm/vmm.ts";
import { introduce } from "./introduce.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmFile } from "./vm-file.ts";
import { WaitClock } from "./wait-clock.ts";

/**
 * Finds a VM again that outlived hostd: same process (pid, start time, boot), same namespace, and its agent
 * gets fresh secrets. VMM_DIED, NETNS_REPLACED, AGENT_UNREACHABLE, GATE_WRONG_VM (the guest rebooted).
 */
export async function adoptVm(deps: VmDeps, file: VmFile, signal: AbortSignal): Promise<LiveVm> {
  const { record } = file;
  const { id, vmm } = record;
  if (record.netns !== deps.netns) {
    throw new BrowserVmError(
      "NETNS_REPLACED",
      `VM ${id} was started in namespace inode ${record.netns}, hostd runs in ${deps.netns}`,
    );
  }
  const monitor = vmm && (await deps.driver.adopt(vmm));
  const address = deps.network.addressOf(id);
  if (!monitor || !address)
    throw new BrowserVmError("VMM_DIED", `the VMM of ${id} ended while hostd was down`);
  file.step("adopt");
  // It may have been held still (for a pause, a fork) when hostd ended.
  if (canFreeze(monitor)) await monitor.thaw();
  const waits = new WaitClock();
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
  const secrets = makeSecrets();
  try {
    const hello = await introduce(deps, { record, monitor, guest, secrets, injected: [], signal });
    if (record.bootId && hello.bootId !== record.bootId) {
      throw new BrowserVmError("GATE_WRONG_VM", `the guest of ${id} rebooted while hostd was down`, {
        was: record.bootId,
        is: hello.bootId,
      });
    }
    return new LiveVm({
      ...deps,
      id,
      address,
      monitor,
      guest,
      secrets,
      waits,
      bootId: hello.bootId,
      hasBrowser: record.hasBrowser,
      ownerUid: slotUid(address.slot),
    });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}
