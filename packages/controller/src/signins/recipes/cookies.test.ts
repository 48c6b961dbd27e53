import { type BrowserState, CookiesSettings } from "@browservm/contract";
import { expect, test } from "vitest";
import type { SigninGuest } from "../signin-guest.ts";
import { cookies } from "./cookies.ts";

const origin = "https://example.org";
const settings = CookiesSettings.parse({
  recipe: "cookies",
  url: `${origin}/login`,
  origins: [origin],
  doneCookie: "session",
});
const cookie = {
  ...{ name: "session", value: "v", domain: "example.org", path: "/", secure: true, httpOnly: true },
};
const keeps = (token?: string): BrowserState => ({
  cookies: [cookie],
  storage: token === undefined ? [] : [{ origin, localStorage: { token } }],
});

/** What is captured of a browser that keeps this, look by look, and the last of it from then on. */
function capturedOf(...looks: readonly BrowserState[]): Promise<unknown> {
  return capturedWhile(async () => ({ pid: 7, painted: true, atStart: false }), ...looks);
}

/** The same of one whose browser answers this when it is asked which one it is. */
async function capturedWhile(browser: SigninGuest["browser"], ...looks: readonly BrowserState[]) {
  let count = 0;
  const browserState = async () => looks[Math.min(count++, looks.length - 1)] ?? keeps();
  const guest = { browserState, browser } as Partial<SigninGuest> as SigninGuest;
  const never = new Promise<void>(() => {});
  const { signal } = new AbortController();
  const nothing = async () => {};
  const work = { guest, signal, confirmed: never, step: nothing, keepFlow: nothing, browser: () => 7 };
  const { credentials } = await (await cookies(settings).awaitUser(work, null))();
  return credentials;
}

test("what a site writes a moment after its cookie is captured, too", async () => {
  const captured = await capturedOf(keeps(), keeps(), keeps("a"), keeps("b"));
  expect(captured).toEqual({ kind: "cookies", ...keeps("b") });
});

test("a site that never rests is captured all the same", { timeout: 8000 }, async () => {
  const restless = Array.from({ length: 50 }, (_, at) => keeps(String(at)));
  expect(await capturedOf(...restless)).toMatchObject({ kind: "cookies", cookies: [cookie] });
});

test("a question that breaks off before the first look or the capture costs nothing", {
  timeout: 8000,
}, async () => {
  const asked = [false, true, false, true];
  const browser = async () => {
    if (asked.shift() === false) throw new Error("broke off");
    return { pid: 7, painted: true, atStart: false };
  };
  expect(await capturedWhile(browser, keeps())).toMatchObject({ cookies: [cookie] });
  expect(asked).toEqual([]);
});

test("what another browser keeps is not captured", async () => {
  let pid = 6;
  const browser = async () => ({ pid: pid++, painted: true, atStart: false });
  await expect(capturedWhile(browser, keeps())).rejects.toMatchObject({ code: "SIGNIN_GUEST_FAILED" });
});
