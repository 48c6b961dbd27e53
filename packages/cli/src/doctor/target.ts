import { SessionId, VmId } from "@browservm/contract";
import type { DoctorTarget } from "@browservm/sdk";
import { InvalidArgumentError } from "commander";

/** A session or a VM, by its id; without one it is the whole host. */
export function parseTarget(text: string): DoctorTarget {
  const session = SessionId.safeParse(text);
  if (session.success) return { sessionId: session.data };
  const vm = VmId.safeParse(text);
  if (vm.success) return { vmId: vm.data };
  throw new InvalidArgumentError("not the id of a session (ses_…) or of a VM (vm_…)");
}

export const isHost = ({ sessionId, vmId }: DoctorTarget): boolean =>
  sessionId === undefined && vmId === undefined;
