import type { Session } from "@browservm/contract";

/** What a session is doing, as people see it: on its way to a pause and back it is neither ready nor paused. */
export type SessionPhase = Session["status"] | "pausing" | "resuming";

type Phased = Pick<Session, "status"> & { readonly vm: Pick<NonNullable<Session["vm"]>, "state"> | null };

export function phaseOf({ status, vm }: Phased): SessionPhase {
  if (status !== "paused") return status;
  if (vm?.state === "pausing") return "pausing";
  // its network is proven anew before it is ready again
  if (vm?.state === "resuming" || vm?.state === "verifying") return "resuming";
  return "paused";
}

const MOVING: readonly SessionPhase[] = ["pending", "pausing", "resuming", "ending"];

/** Whether it will soon be something else, so that it is worth looking often. */
export const isMoving = (session: Phased): boolean => MOVING.includes(phaseOf(session));
