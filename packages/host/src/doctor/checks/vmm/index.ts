import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { vmmDead } from "./vmm-dead.ts";
import { vmmNamespace } from "./vmm-namespace.ts";
import { vmmPaused } from "./vmm-paused.ts";
import { vmmStopped } from "./vmm-stopped.ts";

export const VMM_CHECKS: readonly Check<VmSubject>[] = [vmmDead, vmmStopped, vmmPaused, vmmNamespace];
