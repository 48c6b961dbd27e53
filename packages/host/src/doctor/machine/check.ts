import type { Check, Judgement } from "../check.ts";
import type { Machine } from "./machine.ts";

/** One question about this machine, asked without hostd. Looks, and changes nothing. */
export interface MachineCheck extends Pick<Check<Machine>, "code" | "title" | "explanation"> {
  /** Nobody else can look: then the answer is `unknown` without looking. */
  readonly needsRoot?: boolean;
  look(machine: Machine, signal: AbortSignal): Promise<Judgement>;
}
