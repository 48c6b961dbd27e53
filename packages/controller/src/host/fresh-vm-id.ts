import { randomBytes } from "node:crypto";
import { makeId, VmId } from "@browservm/contract";

/** The id of a VM that hostd is to be asked for: we choose it, so that a repeated request makes no second VM. */
export const freshVmId = (): VmId => VmId.parse(makeId("vm", randomBytes(20)));
