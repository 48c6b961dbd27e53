import { BrowserVmError } from "@browservm/contract";
import type { LiveVm } from "../live-vm.ts";
import { filesOfCall, sessionFiles } from "../session-files.ts";
import { untilPainted } from "../until-painted.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";

/** For files, a screen of another size and the end of a browser, in milliseconds with KVM. */
const APPLY_MS = 12_000;

export interface Applying {
  readonly file: VmFile;
  readonly live: Pick<LiveVm, "guest">;
  readonly signal: AbortSignal;
}

/**
 * Tells the guest of a VM that was just handed out what it is to be (step `settings`), and waits for the first picture of
 * a browser that must be started anew for that. Twice is fine, as after a restart of hostd. AGENT_UNREACHABLE,
 * GUEST_CALL_FAILED, INJECTION_ALTERED, GATE_BROWSER.
 */
export async function applySettings(
  { patience }: Pick<VmDeps, "patience">,
  { file, live: { guest }, signal }: Applying,
): Promise<void> {
  const { settings, spec, hasBrowser } = file.record;
  if (!settings) return;
  file.step("settings");
  // Always, also when they stay as they are: they and the manifest that vouches for them are written as a whole.
  const files = filesOfCall(sessionFiles(file.record));
  const restartBrowser = hasBrowser && settings.freshBrowser;
  const { injected } = await guest.call(
    "settings.apply",
    { files, ...(settings.display ? { display: spec.display } : {}), restartBrowser },
    { timeoutMs: APPLY_MS * patience, signal },
  );
  for (const { path } of files) {
    const state = injected.find((told) => told.path === path)?.state ?? "missing";
    if (state !== "ok")
      throw new BrowserVmError("INJECTION_ALTERED", `${path} is ${state} in the guest`, { path, state });
  }
  if (restartBrowser) await untilPainted({ guest, patience, signal });
  file.settled();
  file.stepEnded("done");
}
