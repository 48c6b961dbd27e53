import type { VmAddress } from "@browservm/contract";

/** First of the uids that VMMs run as; far above the ranges of adduser and of systemd's dynamic users. */
const FIRST_SLOT_UID = 200_000;

/** The unprivileged uid = gid of a slot: each VMM has its own, so that none can touch another. */
export const ownerUidOf = ({ slot }: Pick<VmAddress, "slot">): number => FIRST_SLOT_UID + slot;
