import type { BrowserState } from "@browservm/contract/guest/browser-state";
import type { GuestResult } from "@browservm/contract/guest/calls";
import type { CdpLine } from "../../browser/page-watch.ts";
import { BlankPage } from "./blank-page.ts";
import { toCdp } from "./cookies.ts";

const CALL_MS = 30_000;
const WRITE_STORAGE = `(items) => {
  for (const [name, value] of Object.entries(items)) localStorage.setItem(name, value);
}`;

/** Gives the browser cookies and local storage; pages that are open already see the cookies at their next request. */
export async function putState(
  line: CdpLine,
  { cookies, storage }: BrowserState,
): Promise<GuestResult<"browser.putState">> {
  // One at a time: among several, one that the browser refuses would take the others with it.
  const taken = await Promise.all(cookies.map((cookie) => setCookie(line, toCdp(cookie))));
  const setCookies = taken.filter(Boolean).length;
  await writeStorage(line, storage);
  return { cookies: setCookies, origins: storage.length, refusedCookies: cookies.length - setCookies };
}

async function setCookie(line: CdpLine, cookie: object): Promise<boolean> {
  try {
    await line.call({ method: "Storage.setCookies", params: { cookies: [cookie] }, timeoutMs: CALL_MS });
    return true;
  } catch {
    return false; // refused: a prefix that it does not keep, or an end in the past
  }
}

async function writeStorage(line: CdpLine, storage: BrowserState["storage"]): Promise<void> {
  if (storage.length === 0) return;
  await using page = await BlankPage.open(line);
  for (const { origin, localStorage } of storage) {
    await page.visit(origin);
    await page.run(WRITE_STORAGE, localStorage);
  }
}
