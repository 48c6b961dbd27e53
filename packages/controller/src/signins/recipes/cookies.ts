import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type BrowserState, BrowserVmError, type CookiesSettings } from "@browservm/contract";
import { browserNow } from "../keep-page.ts";
import type { Capture, Recipe, RecipeWork } from "../recipe.ts";

const LOOK_MS = 2000;
/** A site that has just let somebody in writes more: so often it is looked at again, until nothing changes. */
const REST = { looks: 5, everyMs: 500 } as const;

/** A plain web login: what the browser keeps of the named origins, and of no others. */
export function cookies(settings: CookiesSettings): Recipe {
  const { origins, url, doneCookie } = settings;
  const needsConfirm = doneCookie === undefined;
  const text = needsConfirm
    ? "Sign in here, then say that you are done."
    : "Sign in here. We go on by ourselves as soon as you are in.";
  return {
    kind: "cookies",
    captures: origins.map((origin) => `Cookies and local storage of ${origin}`),
    leaves: ["Your password and second factor", "Everything of other sites: the VM is destroyed"],
    carriesOn: ["awaiting_user", "capturing"],
    prepare: async () => ({ flow: null, guide: { text, url, userCode: null, needsConfirm }, open: url }),
    awaitUser: async (work) => {
      const isIn = isDone(settings, work).then(async (pid) => {
        await isAtRest(settings, work);
        return pid;
      });
      // Whoever confirms speaks of the browser that they had, and another one may be there by now.
      const wasIn = work.confirmed.then(() => {
        const had = work.browser();
        return had === undefined ? browserNow(work) : had;
      });
      const pid = await Promise.race([wasIn, isIn]);
      return capture(settings, work, pid);
    },
  };
}

/** Settles when a browser shows that somebody has signed in, with which one; never, where nothing tells. */
async function isDone({ doneCookie, origins }: CookiesSettings, { guest, signal }: RecipeWork) {
  if (doneCookie === undefined) return await new Promise<never>(() => {});
  for (;;) {
    const pid = await browserNow({ guest });
    const { cookies: found } = ofOrigins(await guest.browserState(origins), origins);
    // Where nobody could say which browser runs, the next look tells: what was found may be an older one's.
    if (pid !== null && found.some(({ name }) => name === doneCookie)) return pid;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Settles when the browser keeps the same twice in a row; soon in any case, for some sites never rest. */
async function isAtRest({ origins }: CookiesSettings, { guest, signal }: RecipeWork): Promise<void> {
  let before: BrowserState | undefined;
  for (let looks = 0; looks < REST.looks; looks += 1) {
    const now = ofOrigins(await guest.browserState(origins), origins);
    if (before && isDeepStrictEqual(before, now)) return;
    before = now;
    await sleep(REST.everyMs, undefined, { signal });
  }
}

/** `signedInAt`: the browser in which that was done. Another one has not all of it, or something older. */
function capture({ origins }: CookiesSettings, { guest }: RecipeWork, signedInAt: number | null): Capture {
  return async () => {
    const state = ofOrigins(await guest.browserState(origins), origins);
    // Asked twice where nobody could say: hostd may have died over the first answer, and the second waits for it.
    const pid = (await browserNow({ guest })) ?? (await browserNow({ guest }));
    if (signedInAt === null || pid !== signedInAt)
      throw new BrowserVmError("SIGNIN_GUEST_FAILED", "the browser ended before what it keeps was fetched");
    if (state.cookies.length === 0 && state.storage.length === 0)
      throw new BrowserVmError("SIGNIN_CAPTURE_INVALID", "the browser keeps nothing of these origins", {
        origins,
      });
    return { credentials: { kind: "cookies", ...state }, subject: null };
  };
}

/** What a guest sends of other origins was not asked for, and is not kept. */
function ofOrigins({ cookies: found, storage }: BrowserState, origins: readonly string[]): BrowserState {
  const hosts = origins.map((origin) => new URL(origin).hostname);
  const isOurs = (domain: string) => {
    const bare = domain.replace(/^\./, "");
    return hosts.some((host) => host === bare || (domain.startsWith(".") && host.endsWith(`.${bare}`)));
  };
  return {
    cookies: found.filter(({ domain }) => isOurs(domain)),
    storage: storage.filter(({ origin }) => origins.includes(origin)),
  };
}
