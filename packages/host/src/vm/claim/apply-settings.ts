import { BrowserVmError } from "@browservm/contract";
import type { LiveVm } from "../live-vm.ts";
import { filesOfCall, sessionFiles, wantsFreshBrowser } from "../session-files.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";

/** A browser that is started anew needs most of it. */
const APPLY_MS = 12_000;

/**
 * Tells the guest of a VM that was just handed out what it is to be (step `settings`). Twice is fine, as after a
 * restart of hostd. AGENT_UNREACHABLE, GUEST_CALL_FAILED, INJECTION_ALTERED.
 */
export async function applySettings(
  { patience }: Pick<VmDeps, "patience">,
  { file, live, signal }: { readonly file: VmFile; readonly live: LiveVm; readonly signal: AbortSignal },
): Promise<void> {
  const { settings, spec, hasBrowser } = file.record;
  if (!settings) return;
  file.step("settings");
  const files = settings.environment ? filesOfCall(sessionFiles(file.record)) : [];
  const { injected } = await live.guest.call(
    "settings.apply",
    {
      files,
      ...(settings.display ? { display: spec.display } : {}),
      restartBrowser: hasBrowser && settings.environment && wantsFreshBrowser(spec.environment),
    },
    { timeoutMs: APPLY_MS * patience, signal },
  );
  for (const { path } of files) {
    const state = injected.find((told) => told.path === path)?.state ?? "missing";
    if (state !== "ok")
      throw new BrowserVmError("INJECTION_ALTERED", `${path} is ${state} in the guest`, { path, state });
  }
  file.settled();
  file.stepEnded("done");
}
