import { randomBytes } from "node:crypto";
import { makeId, VmId } from "@browservm/contract";

export const newVmId = (): VmId => VmId.parse(makeId("vm", randomBytes(20)));
