import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { dnsDead } from "./dns-dead.ts";
import { dnsNone } from "./dns-none.ts";

export const DNS_VM_CHECKS: readonly Check<VmSubject>[] = [dnsNone, dnsDead];
