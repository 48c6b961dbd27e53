import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

export const GUEST_CHECKS: readonly Check<VmSubject>[] = [];
