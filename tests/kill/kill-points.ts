import type { ServiceName } from "./kill-machine.ts";

/** What is killed: services of this machine, or the VMM of the sign-in's own VM. */
type Victim = ServiceName | "vmm" | "services";

/**
 * Where a sign-in is when something dies. `session`: its VM is there, and not ready yet; `discover`: the provider was asked for its metadata;
 * `listen`: the guest was asked to listen; `open`: its browser was told the address; `user`: everything waits for the
 * person; `install`: the tool is installed; `caught`: the guest has the redirect, and nobody was told; `exchange`: the
 * provider has the code, and has not looked at it; `issued`: it has answered with tokens, which are on their way;
 * `capture`: the guest was asked for what was captured; `storing`: inside the transaction that stores it, with the
 * connection's row written; `ending`: stored, and hostd was asked to remove the VM.
 */
export type KillStep =
  | "session"
  | "discover"
  | "listen"
  | "open"
  | "user"
  | "install"
  | "caught"
  | "exchange"
  | "issued"
  | "capture"
  | "storing"
  | "ending";

export interface KillPoint {
  readonly victim: Victim;
  readonly recipe: "oauth" | "cookies" | "cli";
  readonly step: KillStep;
  /** How it may end: `completed`, or the code of its failure. */
  readonly ends: readonly string[];
}

const at = (
  victim: Victim,
  recipe: KillPoint["recipe"],
  steps: Partial<Record<KillStep, string>>,
): KillPoint[] =>
  Object.entries(steps).map(([step, ends]) => ({
    victim,
    recipe,
    step: step as KillStep,
    ends: ends.split(" "),
  }));

const DONE = "completed";
const INTERRUPTED = "SIGNIN_INTERRUPTED";
const LOST = "SIGNIN_SESSION_LOST";
/** Who runs a tool may hear it from the guest 10 s before the session is known to be over. */
const GONE = `${LOST} AGENT_UNREACHABLE`;
const BROKEN = "SIGNIN_GUEST_FAILED";

/**
 * Every point at which something is killed, by rounds: the sign-ins of a round are brought to their points together, and
 * then all its victims are killed at one moment. (One controller can be inside one transaction only.)
 */
export const ROUNDS: readonly (readonly KillPoint[])[] = [
  at("controller", "oauth", {
    session: DONE,
    discover: DONE,
    listen: DONE,
    open: DONE,
    user: DONE,
    caught: DONE,
    exchange: INTERRUPTED,
    issued: INTERRUPTED,
    storing: INTERRUPTED,
    ending: DONE,
  }),
  [
    ...at("hostd", "oauth", {
      session: DONE,
      listen: DONE,
      open: DONE,
      user: DONE,
      caught: DONE,
      exchange: DONE,
      issued: DONE,
      ending: DONE,
    }),
    ...at("hostd", "cookies", { open: DONE, user: DONE, capture: DONE }),
    ...at("hostd", "cli", { install: BROKEN, user: BROKEN, capture: DONE }),
  ],
  [
    ...at("services", "oauth", { session: DONE, listen: DONE, user: DONE, exchange: INTERRUPTED }),
    ...at("services", "cookies", { user: DONE, capture: DONE }),
    ...at("services", "cli", { user: INTERRUPTED, storing: INTERRUPTED }),
  ],
  [
    ...at("controller", "cookies", { open: DONE, user: DONE, capture: DONE, storing: DONE }),
    ...at("controller", "cli", { install: DONE, user: INTERRUPTED, capture: INTERRUPTED }),
  ],
  [
    // After its code was caught, a sign-in needs its VM no more – if it is faster than the news of the VM's end.
    ...at("vmm", "oauth", {
      session: LOST,
      listen: LOST,
      open: LOST,
      user: LOST,
      caught: LOST,
      exchange: `${DONE} ${LOST}`,
      issued: `${DONE} ${LOST}`,
    }),
    ...at("vmm", "cookies", { open: LOST, user: LOST, capture: LOST }),
    ...at("vmm", "cli", { install: GONE, user: GONE, capture: LOST }),
    ...at("gateway", "oauth", { user: DONE }),
    ...at("gateway", "cookies", { capture: DONE }),
    ...at("gateway", "cli", { user: DONE }),
    ...at("web", "oauth", { user: DONE, exchange: DONE }),
  ],
];

/** The first rounds are in CI: thirty-two points. */
export const CI_ROUNDS = ROUNDS.slice(0, 3);

export const nameOf = ({ victim, recipe, step }: KillPoint): string => `${victim}-${recipe}-${step}`;
