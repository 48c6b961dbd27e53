import { isSigninEnd, type Signin, type SigninState, type SigninStep } from "@browservm/contract";
import { byWords } from "./by-words.ts";
import type { PartState } from "./path-picture.ts";

interface StateWords {
  readonly words: string;
  readonly tone: "ok" | "busy" | "warn" | "bad" | "quiet";
}

export const STATE_WORDS: Readonly<Record<SigninState, StateWords>> = {
  starting: { words: "Starting", tone: "busy" },
  awaiting_user: { words: "Waiting for you", tone: "warn" },
  capturing: { words: "Capturing", tone: "busy" },
  completed: { words: "Completed", tone: "ok" },
  failed: { words: "Failed", tone: "bad" },
  cancelled: { words: "Cancelled", tone: "quiet" },
  timed_out: { words: "Timed out", tone: "bad" },
};

const STEP_WORDS: Readonly<Record<SigninStep, string>> = {
  session: "Start a machine of its own",
  prepare: "Prepare a fresh browser",
  install: "Install the tool",
  open: "Open the sign-in page",
  user: "You sign in",
  capture: "Fetch and check what came of it",
  profile: "Keep the browser as a profile",
  store: "Lock it into the vault",
};

/** Not every sign-in has these. */
const OPTIONAL: ReadonlySet<SigninStep> = new Set(["install", "profile"]);

const STEPS = Object.keys(STEP_WORDS) as readonly SigninStep[];

export const isSigninOver = ({ state }: Pick<Signin, "state">): boolean => isSigninEnd(state);

/** Whether its browser has the page to sign in at, or has had time enough to show why not. */
export const isPageOpen = ({ steps }: Pick<Signin, "steps">): boolean =>
  steps.some(({ step }) => step === "user");

export interface ShownStep {
  readonly key: SigninStep | "cleanup";
  readonly title: string;
  readonly state: PartState;
  /** How long it took, or takes by now. */
  readonly ms: number | undefined;
}

/** Every step, also those that are still to come; some only where they are taken. */
export function signinSteps(signin: Signin, now: number | null): readonly ShownStep[] {
  const begun = new Map(signin.steps.map(({ step, at }) => [step, Date.parse(at)]));
  const last = signin.steps.at(-1)?.step;
  const end = signin.endedAt === null ? now : Date.parse(signin.endedAt);
  const shown = STEPS.filter((step) => !OPTIONAL.has(step) || begun.has(step)).map((key): ShownStep => {
    const at = begun.get(key);
    const next = key === last ? end : firstAfter(signin, key);
    return {
      key,
      title: STEP_WORDS[key],
      state: at === undefined ? "waiting" : key === last ? lastState(signin) : "pass",
      ms: at === undefined || next === null ? undefined : Math.max(0, next - at),
    };
  });
  return [...shown, cleanup(signin)];
}

/** What comes after every end, whichever it is; nobody says how long that takes. */
function cleanup(signin: Signin): ShownStep {
  const state = !isSigninOver(signin) ? "waiting" : signin.sessionOver ? "pass" : "running";
  return { key: "cleanup", title: "Destroy the machine", state, ms: undefined };
}

function firstAfter({ steps }: Signin, step: SigninStep): number | null {
  const next = steps[steps.findIndex((one) => one.step === step) + 1];
  return next === undefined ? null : Date.parse(next.at);
}

function lastState({ state }: Signin): PartState {
  if (state === "completed") return "pass";
  return isSigninEnd(state) ? "fail" : "running";
}

export type SigninChoice = "all" | "open" | "completed" | "other";

/** Those that fit what is looked for: every word must be in its provider, account, ids or reason. */
export function findSignins(
  all: readonly Signin[],
  { text, choice }: { readonly text: string; readonly choice: SigninChoice },
): readonly Signin[] {
  const fits = byWords(text);
  return all.filter((one) => {
    const { provider, subject, id, connectionId, reason } = one;
    const about = [provider, subject, id, connectionId, reason?.message].join(" ");
    return isChosen(one, choice) && fits(about);
  });
}

function isChosen(signin: Signin, choice: SigninChoice): boolean {
  if (choice === "all") return true;
  if (choice === "open") return !isSigninOver(signin);
  return choice === "completed"
    ? signin.state === "completed"
    : isSigninOver(signin) && signin.state !== "completed";
}
