import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, isBrowserVmError, type SigninBrowser } from "@browservm/contract";
import type { RecipeWork } from "./recipe.ts";

/** A page that takes longer goes on loading while somebody looks at it. */
const OPEN_MS = 3000;
const LOOK_MS = 2000;
/** Longer than hostd waits for a guest; hostd itself may hang. */
const ANSWER_MS = 90_000;
/** Where it is emulated a browser takes minutes to paint for the first time. */
const AWAY_MS = 240_000;
/** What the guest has, where its agent does not answer: the browser ends with it. */
const NONE: SigninBrowser = { pid: null, painted: false, atStart: false };

/** Errors that are the guest's own: behind any other one its browser may be well. */
const GUESTS_FAULTS = ["AGENT_UNREACHABLE", "AGENT_PROTOCOL", "GUEST_CALL_FAILED"] as const;

type Work = Pick<RecipeWork, "guest" | "signal">;

/** The page that its person signs in at. */
export interface KeptPage {
  readonly url: string;
  /** The browser in which it was opened last; null: none ran. Undefined: it was opened before we looked. */
  openedIn: number | null | undefined;
  /** Whether some browser had it, as far as anybody knows. */
  wasOpened: boolean;
}

/**
 * In which browser its person has the page; null: in one that is no more. Undefined where nobody knows, as when hostd died
 * over the first opening: there was no browser before then, so it is the one that runs.
 */
export const browserOf = ({ openedIn, wasOpened }: Pick<KeptPage, "openedIn" | "wasOpened">) =>
  openedIn === null && !wasOpened ? undefined : openedIn;

interface KeepTimes {
  readonly lookMs?: number;
  readonly answerMs?: number;
  readonly awayMs?: number;
}

/**
 * Opens the page to sign in at; answers the browser that was told, null when that may have been none. A page that is slow,
 * or an error that the browser shows, is for its person to see and to load again; only a VM without a browser is hopeless.
 */
export async function openPage(work: Work, url: string): Promise<number | null> {
  const { guest, signal } = work;
  const pid = await browserNow(work);
  const isTold = guest.navigate(url).then(
    () => true,
    (error: unknown) => {
      // Its words may have the address in them, and that the challenge.
      if (isBrowserVmError(error, "BROWSER_UNAVAILABLE"))
        throw new BrowserVmError("BROWSER_UNAVAILABLE", "the VM has no browser to sign in with");
      return !isAway(error);
    },
  );
  const isSlow = sleep(OPEN_MS, true, { signal, ref: false });
  return (await Promise.race([isTold, isSlow])) ? pid : null;
}

/** The browser that runs now; null while nobody can say, or none does. */
export const browserNow = async ({ guest }: Pick<Work, "guest">): Promise<number | null> =>
  (await look(guest))?.pid ?? null;

/** Who was killed is there again soon: hostd, or the agent in the guest. */
export const isAway = (error: unknown): boolean =>
  isBrowserVmError(error, "HOST_UNREACHABLE") || isBrowserVmError(error, "AGENT_UNREACHABLE");

/**
 * Opens the page again in each browser that was started in the place of the one that had it, until `signal` ends.
 * SIGNIN_GUEST_FAILED when there is none for too long, as far as that can be asked.
 */
export async function keepPage(
  work: Work,
  page: KeptPage,
  { lookMs = LOOK_MS, answerMs = ANSWER_MS, awayMs = AWAY_MS }: KeepTimes = {},
): Promise<void> {
  let seenAt = Date.now();
  while (!work.signal.aborted) {
    const now = await look(work.guest, answerMs);
    if (now && isThere(now, page.openedIn)) {
      seenAt = Date.now();
      const isOther = page.openedIn === undefined ? now.atStart : now.pid !== page.openedIn;
      page.openedIn = isOther ? await openPage(work, page.url) : now.pid;
      page.wasOpened ||= page.openedIn !== null;
    } else if (!now || (now.pid !== null && page.openedIn === undefined))
      // Nobody could say. Or it may be the one that had the page, and still be loading it; or it has just begun: its painting tells.
      seenAt = Date.now();
    else if (Date.now() - seenAt > awayMs)
      throw new BrowserVmError("SIGNIN_GUEST_FAILED", "the browser in the VM ended, and did not come again");
    await sleep(lookMs, undefined, { signal: work.signal }).catch(() => {});
  }
}

/** Waits, and sees to it meanwhile that its person has the page. */
export async function whileKept<T>(
  { guest, signal }: Work,
  page: KeptPage | undefined,
  wait: () => Promise<T>,
): Promise<T> {
  if (!page) return wait();
  const over = new AbortController();
  const kept = keepPage({ guest, signal: AbortSignal.any([signal, over.signal]) }, page);
  try {
    return await Promise.race([wait(), kept.then(() => new Promise<never>(() => {}))]);
  } finally {
    over.abort();
  }
}

/** One that has just begun is there when it has painted: before, what it is told to open can get lost. */
const isThere = ({ pid, painted }: SigninBrowser, openedIn: number | null | undefined) =>
  pid !== null && (painted || pid === openedIn);

/** Undefined while nobody can say, as when hostd is away: it is looked for again. */
const look = (guest: Work["guest"], answerMs = ANSWER_MS): Promise<SigninBrowser | undefined> =>
  Promise.race([
    guest.browser().catch((error: unknown) => (isGuestsFault(error) ? NONE : undefined)),
    sleep(answerMs, undefined, { ref: false }),
  ]);

const isGuestsFault = (error: unknown) => GUESTS_FAULTS.some((code) => isBrowserVmError(error, code));
