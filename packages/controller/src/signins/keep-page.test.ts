import { BrowserVmError, type SigninBrowser } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browserOf, type KeptPage, keepPage, openPage } from "./keep-page.ts";
import type { SigninGuest } from "./signin-guest.ts";

const URL_ = "https://id.example/authorize";
const PAINTED = { pid: 7, painted: true, atStart: false };

let now: SigninBrowser | BrowserVmError | "hangs";
let navigated: string[];
let navigation: () => Promise<void>;
let over: AbortController;
beforeEach(() => {
  now = PAINTED;
  navigated = [];
  navigation = async () => {};
  over = new AbortController();
});
afterEach(() => over.abort());

const guest = {
  browser: async () => {
    if (now instanceof BrowserVmError) throw now;
    return now === "hangs" ? new Promise<never>(() => {}) : now;
  },
  navigate: (url: string) => {
    navigated.push(url);
    return navigation();
  },
} as unknown as SigninGuest;
const work = () => ({ guest, signal: over.signal });
const keep = (openedIn: KeptPage["openedIn"], awayMs = 10_000) =>
  keepPage(work(), { url: URL_, openedIn, wasOpened: true }, { lookMs: 5, answerMs: 20, awayMs });
/** Some looks later. */
const later = () => new Promise((resolve) => setTimeout(resolve, 40));

test("a browser that lives keeps its page, whatever its person does there", async () => {
  void keep(7);
  now = { ...PAINTED, painted: false };
  await later();
  now = { ...PAINTED, atStart: true };
  await later();
  expect(navigated).toEqual([]);
});

/** A browser that nobody is told anything of before it has painted. */
async function beginsAndPaints(pid: number): Promise<void> {
  now = { pid, painted: false, atStart: true };
  await later();
  expect(navigated).toEqual([]);
  now = { pid, painted: true, atStart: true };
  await later();
}

test("another browser is told the page when it has painted, and each only once", async () => {
  void keep(7);
  now = { pid: null, painted: false, atStart: false };
  await later();
  await beginsAndPaints(8);
  now = { pid: 9, painted: true, atStart: true };
  await later();
  expect(navigated).toEqual([URL_, URL_]);
});

test("where nobody knows which browser had the page, one at its start is told", async () => {
  void keep(undefined);
  await later();
  expect(navigated).toEqual([]);
  over.abort();
  over = new AbortController();
  now = { ...PAINTED, atStart: true };
  void keep(undefined);
  await later();
  expect(navigated).toEqual([URL_]);
});

test("where nobody knows which browser had the page, one that has just begun is told when it has painted", async () => {
  now = { pid: 8, painted: false, atStart: false };
  void keep(undefined);
  await later();
  await beginsAndPaints(8);
  await later();
  expect(navigated).toEqual([URL_]);
});

test("a page that may have been told to nobody is opened again", async () => {
  navigation = () => Promise.reject(new BrowserVmError("HOST_UNREACHABLE", "away"));
  expect(await openPage(work(), URL_)).toBeNull();
  navigation = () => Promise.reject(new BrowserVmError("GUEST_CALL_FAILED", "no such name"));
  expect(await openPage(work(), URL_)).toBe(7);
  navigated = [];
  navigation = async () => {};
  void keep(null);
  await later();
  expect(navigated).toEqual([URL_]);
});

test("a page whose first opening got lost is in the browser that runs; one that was lost later is in none", async () => {
  const page: KeptPage = { url: URL_, openedIn: null, wasOpened: false };
  expect(browserOf(page)).toBeUndefined();
  void keepPage(work(), page, { lookMs: 5 });
  await later();
  expect(browserOf(page)).toBe(7);
  navigation = () => Promise.reject(new BrowserVmError("HOST_UNREACHABLE", "away"));
  now = { ...PAINTED, pid: 8 };
  await later();
  expect(browserOf(page)).toBeNull();
});

test.each<[string, SigninBrowser | BrowserVmError]>([
  ["a browser that does not come again", { pid: null, painted: false, atStart: false }],
  ["one that never paints", { pid: 8, painted: false, atStart: true }],
  ["an agent that does not answer", new BrowserVmError("AGENT_UNREACHABLE", "no answer")],
  ["one that cannot say", new BrowserVmError("GUEST_CALL_FAILED", "no")],
])("%s is the end of it, within its time", async (_, found) => {
  now = found;
  await expect(keep(7, 60)).rejects.toMatchObject({ code: "SIGNIN_GUEST_FAILED" });
  expect(navigated).toEqual([]);
});

test.each<[string, typeof now]>([
  ["is away", new BrowserVmError("HOST_UNREACHABLE", "away")],
  ["died over its answer", new BrowserVmError("SIGNIN_GUEST_FAILED", "said no more")],
  ["has too much to do", new BrowserVmError("RATE_LIMITED", "later")],
  ["hangs", "hangs"],
])(
  "while hostd %s nothing is known of the browser, which has its whole time afterwards",
  async (_, found) => {
    const kept = keep(7, 250).then(
      () => "over",
      ({ code }: BrowserVmError) => code,
    );
    now = { pid: null, painted: false, atStart: false };
    await later();
    now = found;
    for (let times = 0; times < 8; times += 1) await later();
    now = { pid: null, painted: false, atStart: false };
    await later();
    now = { pid: 8, painted: true, atStart: true };
    await later();
    expect(navigated).toEqual([URL_]);
    over.abort();
    expect(await kept).toBe("over");
  },
);

test("it ends with the wait", async () => {
  const kept = keep(7);
  over.abort();
  await kept;
});
