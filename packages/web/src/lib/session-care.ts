import type { Repair, VmHealth } from "@browservm/contract";
import type { Doctor } from "./use-doctor.ts";

/** All that concerns a living session's health, for the panels that show it. */
export interface SessionCare {
  readonly health: VmHealth | undefined;
  readonly repairs: readonly Repair[];
  readonly doctor: Doctor;
  /** A viewer may look at the proof, but not ask the doctor. */
  readonly canExamine: boolean;
  readonly canFix: boolean;
}
