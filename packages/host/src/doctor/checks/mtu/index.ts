import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { pathMtu } from "./path-mtu.ts";

export const MTU_CHECKS: readonly Check<VmSubject>[] = [pathMtu];
