import { type BlackCause, type StageCounts, whyBlack } from "@browservm/contract";
import type { StreamState } from "./viewer-state.ts";

/** Video that was asked for and is not there after so long needs a word. */
const BLACK_MS = 3000;

export interface BlackFacts {
  readonly hasGateway: boolean;
  readonly stream: StreamState | null;
  /** Of the way that was tried last. */
  readonly stages: StageCounts | null;
  /** What the ladder says. */
  readonly why: string | null;
}

/** Why video that was asked for does not show. */
export function blackCause({ hasGateway, stream, stages, why }: BlackFacts): BlackCause {
  if (!hasGateway)
    return {
      stage: "connected",
      cause: "There is no connection to the media gateway.",
      fix: "It is tried again by itself; if it stays, the gateway does not run: see the controller's log.",
    };
  const problem = stream?.problem;
  if (problem)
    return {
      stage: problem.code === "NO_DISPLAY" ? "captured" : "encoded",
      cause: problem.message,
      fix: `Run \`browservm doctor\` for this session (${problem.code}).`,
    };
  const known = stages && whyBlack(stages);
  return (
    known ?? {
      stage: "painted",
      cause: why === null ? "Nothing was painted so far." : `No video: ${why}.`,
      fix: "Choose another way in the quality menu; what is shown now goes on.",
    }
  );
}

/** Finds the cause when video has been missing for a while. */
export class BlackWatch {
  #since: number | null = null;

  look(now: number, isMissing: boolean, facts: BlackFacts): BlackCause | null {
    this.#since = isMissing ? (this.#since ?? now) : null;
    return this.#since === null || now - this.#since < BLACK_MS ? null : blackCause(facts);
  }
}
