/** What is killed inside a guest: the agent, the browser's first process, the display's server, a sign-in's own job, its tool. */
export type GuestVictim = "agent" | "browser" | "display" | "job" | "tool";

/**
 * Where a sign-in is then. `session`: its VM is there, and not ready yet; `user`: its person has the first page before
 * them; `password`: they have typed their password; `capture`: they have signed in and say so.
 */
export type GuestStep = "session" | "user" | "password" | "capture";

export interface GuestPoint {
  readonly victim: GuestVictim;
  readonly recipe: "oauth" | "cookies" | "cli";
  readonly step: GuestStep;
  /** How it may end: `completed`, or the code of its failure. */
  readonly ends: readonly string[];
}

const at = (
  victim: GuestVictim,
  recipe: GuestPoint["recipe"],
  steps: Partial<Record<GuestStep, string>>,
): GuestPoint[] =>
  Object.entries(steps).map(([step, ends]) => ({
    victim,
    recipe,
    step: step as GuestStep,
    ends: ends.split(" "),
  }));

const DONE = "completed";
const BROKEN = "SIGNIN_GUEST_FAILED";

/** Every point, by rounds, whose sign-ins go on at one time. */
export const GUEST_ROUNDS: readonly (readonly GuestPoint[])[] = [
  [
    ...at("browser", "oauth", { password: DONE }),
    ...at("agent", "oauth", { user: DONE }),
    ...at("browser", "cookies", { capture: BROKEN }),
    ...at("job", "cli", { user: "SIGNIN_JOB_BROKEN" }),
  ],
  [
    ...at("browser", "oauth", { session: DONE, user: DONE }),
    ...at("agent", "oauth", { session: DONE, password: DONE }),
  ],
  [
    ...at("display", "oauth", { user: DONE, password: DONE }),
    ...at("job", "oauth", { user: DONE, password: DONE }),
  ],
  [
    ...at("browser", "cookies", { user: DONE }),
    ...at("agent", "cookies", { user: DONE, capture: BROKEN }),
    ...at("display", "cookies", { capture: BROKEN }),
  ],
  [
    // Whichever of the two is heard of.
    ...at("agent", "cli", { user: "AGENT_UNREACHABLE SIGNIN_JOB_BROKEN" }),
    ...at("browser", "cli", { user: DONE }),
    ...at("display", "cli", { user: DONE }),
    ...at("tool", "cli", { user: "SIGNIN_TOOL_ENDED" }),
  ],
];

/** In CI: one of each kind of trouble. */
export const CI_GUEST_ROUNDS = GUEST_ROUNDS.slice(0, 1);
