import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

export const MTU_CHECKS: readonly Check<VmSubject>[] = [];
