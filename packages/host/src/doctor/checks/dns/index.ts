import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

export const DNS_VM_CHECKS: readonly Check<VmSubject>[] = [];
