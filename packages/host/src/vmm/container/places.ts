import { dirname, join } from "node:path";
import type { VmmSpec } from "../vmm.ts";

/**
 * Where the launcher puts a container together: over this directory of its own mount namespace it mounts a stage, which
 * every user can reach, as the VM's own directory cannot. No other process sees it.
 */
const STAGE = "/mnt";

/** Paths in the launcher's mount namespace. */
export const STAGED = {
  stage: STAGE,
  lower: `${STAGE}/lower`,
  over: `${STAGE}/over`,
  root: `${STAGE}/root`,
  boot: `${STAGE}/boot`,
  port: `${STAGE}/port`,
} as const;

/** Where the guest finds what is brought into it; init takes it from there (image/guest/init). */
export const GUEST_BOOT = "/run/browservm/boot";

/** The bundle of a VM (OCI's word): its configuration, and what init brings into the guest. */
export const bundleOf = ({ logs }: Pick<VmmSpec, "logs">): string => join(dirname(logs.console), "container");

/** As many as a system of its own has: 65534 is nobody. */
export const IDS_PER_GUEST = 65_536;
/**
 * The first user of the slots' guests. systemd leaves 0x70000000 to 0x7fffffff free (systemd.io/UIDS-GIDS), and
 * /etc/subuid begins far below.
 */
const FIRST_ID = 0x7000_0000;

/** The user and group on this machine that are root in the guest of this slot. */
export const guestRoot = (slot: number): number => FIRST_ID + slot * IDS_PER_GUEST;
