import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { kvmDoesNotBoot } from "./kvm-does-not-boot.ts";
import { leftovers } from "./leftovers.ts";
import { linkManager } from "./link-manager.ts";
import { networkSettings } from "./network-settings.ts";

export const HOST_CHECKS: readonly Check<HostSight>[] = [
  networkSettings,
  linkManager,
  leftovers,
  kvmDoesNotBoot,
];
