import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type CookiesSettings } from "@browservm/contract";
import { z } from "zod";
import type { BrowserState } from "../signin-guest.ts";
import type { Capture, Recipe, RecipeWork } from "../recipe.ts";

const LOOK_MS = 2000;
const Cookie = z.object({ name: z.string(), domain: z.string() });
const Stored = z.object({ origin: z.string() });

/** A plain web login: what the browser keeps of the named origins, and of no others. */
export function cookies(settings: CookiesSettings): Recipe {
  const { origins, url, doneAt, doneCookie } = settings;
  const needsConfirm = doneAt === undefined && doneCookie === undefined;
  const text = needsConfirm
    ? "Sign in here, then say that you are done."
    : "Sign in here. We go on by ourselves as soon as you are in.";
  return {
    kind: "cookies",
    captures: origins.map((origin) => `Cookies and local storage of ${origin}`),
    leaves: ["Your password and second factor", "Everything of other sites: the VM is destroyed"],
    isRepeatable: true,
    prepare: async () => ({ flow: null, guide: { text, url, userCode: null, needsConfirm }, open: url }),
    awaitUser: async (work) => {
      await Promise.race([work.confirmed, isDone(settings, work)]);
      return capture(settings, work);
    },
  };
}

/** Settles when the browser shows that somebody has signed in; never, where nothing tells. */
async function isDone({ doneAt, doneCookie, origins }: CookiesSettings, { guest, signal }: RecipeWork) {
  if (doneAt === undefined && doneCookie === undefined) return await new Promise<never>(() => {});
  while (!signal.aborted) {
    if (doneAt !== undefined && isBelow(await guest.address(), doneAt)) return;
    if (doneCookie !== undefined) {
      const { cookies: found } = await guest.browserState(origins);
      if (found.some((cookie) => Cookie.safeParse(cookie).data?.name === doneCookie)) return;
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
  throw signal.reason;
}

/** `https://a.example/home` is below `https://a.example/`, `https://a.example.evil/` is not. */
function isBelow(address: string, start: string): boolean {
  if (!URL.canParse(address)) return false;
  const [at, from] = [new URL(address), new URL(start)];
  return at.origin === from.origin && at.href.startsWith(from.href);
}

function capture({ origins }: CookiesSettings, { guest }: RecipeWork): Capture {
  return async () => {
    const state = ofOrigins(await guest.browserState(origins), origins);
    if (state.cookies.length === 0 && state.storage.length === 0)
      throw new BrowserVmError("SIGNIN_CAPTURE_INVALID", "the browser keeps nothing of these origins", { origins });
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
    cookies: found.filter((each) => isOurs(Cookie.safeParse(each).data?.domain ?? "")),
    storage: storage.filter((each) => origins.includes(Stored.safeParse(each).data?.origin ?? "")),
  };
}
