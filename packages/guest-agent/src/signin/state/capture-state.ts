import {
  BROWSER_STATE_LIMITS,
  type BrowserState,
  browserCookie,
  originStorage,
} from "@browservm/contract/guest/browser-state";
import type { GuestResult } from "@browservm/contract/guest/calls";
import * as z from "zod";
import type { CdpLine } from "../../browser/page-watch.ts";
import { BlankPage } from "./blank-page.ts";
import { CdpCookie, fromCdp, isSentTo } from "./cookies.ts";

const Cookies = z.object({ cookies: z.array(CdpCookie) });
const Stored = z.object({ items: z.record(z.string(), z.string()), leftOut: z.int() });
const CALL_MS = 30_000;

/** Runs in a page of the origin: what may be kept, and how much is too large for it. */
const READ_STORAGE = `({ nameChars, valueChars, mostChars }) => {
  const items = Object.create(null);
  let leftOut = 0;
  let chars = 0;
  for (const name of Object.keys(localStorage)) {
    const value = localStorage.getItem(name);
    const fits = name.length <= nameChars && value.length <= valueChars && chars + name.length + value.length <= mostChars;
    if (fits) {
      items[name] = value;
      chars += name.length + value.length;
    } else leftOut += 1;
  }
  return { items: { ...items }, leftOut };
}`;
const STORAGE_LIMITS = { nameChars: 1000, valueChars: 65_536, mostChars: BROWSER_STATE_LIMITS.jsonBytes };

/** Cookies that these origins would be sent, and their local storage. Refused when it is more than the vault takes. */
export async function captureState(
  line: CdpLine,
  origins: readonly string[],
): Promise<GuestResult<"browser.state">> {
  const said = await line.call({ method: "Storage.getCookies", timeoutMs: CALL_MS });
  const wanted = Cookies.parse(said).cookies.filter((cookie) =>
    origins.some((origin) => isSentTo(origin, cookie)),
  );
  // A cookie of an embedded page belongs to two sites; the vault knows of none but its own.
  const whole = wanted.filter(({ partitionKey }) => partitionKey === undefined).map(fromCdp);
  const cookies = whole.filter((cookie) => browserCookie().safeParse(cookie).success);
  const { storage, leftOut } = await readStorage(line, origins);
  const state = { cookies, storage };
  const bytes = Buffer.byteLength(JSON.stringify(state));
  const { cookies: most, jsonBytes } = BROWSER_STATE_LIMITS;
  if (cookies.length > most || bytes > jsonBytes)
    return refused(
      `the origins have ${cookies.length} cookies and ${bytes} bytes of state; ${most} and ${jsonBytes} are the limits`,
    );
  return { state, leftOut: leftOut + wanted.length - cookies.length };
}

const refused = (message: string) => ({ refused: { code: "FILE_TOO_LARGE" as const, message } });

async function readStorage(line: CdpLine, origins: readonly string[]) {
  const storage: BrowserState["storage"] = [];
  let leftOut = 0;
  await using page = await BlankPage.open(line);
  for (const origin of new Set(origins)) {
    await page.visit(origin);
    const found = Stored.parse(await page.run(READ_STORAGE, STORAGE_LIMITS));
    leftOut += found.leftOut;
    const kept = originStorage().parse({ origin, localStorage: found.items });
    if (Object.keys(kept.localStorage).length > 0) storage.push(kept);
  }
  return { storage, leftOut };
}
