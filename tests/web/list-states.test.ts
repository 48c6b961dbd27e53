import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const SOON = { timeout: 10_000 };
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
/** Pixels that letters and lines of one row may differ by from another's. */
const NEAR = 3;
const web = WebFixture.use();

/** A page with a list: what is asked for it, and where its first item is. */
interface Listing {
  readonly path: string;
  readonly asks: string;
  readonly item: string;
}
const LISTS: Readonly<Record<string, Listing>> = {
  sessions: { path: "/", asks: "**/v1/sessions?*", item: "ul[aria-label='Running sessions'] > li" },
  profiles: { path: "/profiles", asks: "**/v1/profiles*", item: "main ul > li" },
  connections: { path: "/connections", asks: "**/v1/{connections,vault}*", item: "main ul > li" },
  "sign-ins": { path: "/signins", asks: "**/v1/signins*", item: "main ul > li" },
  "audit log": { path: "/audit", asks: "**/v1/audit*", item: "main tbody tr" },
  "pools and snapshots": { path: "/host", asks: "**/v1/{host,pools,snapshots}*", item: "main section h2" },
  members: {
    path: "/people",
    asks: "**/v1/{people,invitations,keys}*",
    item: "ul[aria-label='Members'] > li",
  },
};

function fill(): void {
  web.api.seed({ url: "https://example.com/" });
  web.api.profiles.add({ name: "work" });
  web.api.connections.add();
  web.api.connections.write();
  web.api.signins.add();
  web.api.stock.pool();
  web.api.people.person();
}

async function come({ path }: Listing): Promise<void> {
  await web.page.goto(`${web.url}${path}`);
}

async function refuse({ asks }: Listing): Promise<void> {
  const problem = new BrowserVmError("HOST_UNREACHABLE", "nobody listens there").toProblem();
  const answer = { status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) };
  await web.page.route(asks, (route) => route.fulfill(answer));
}

const topOf = (selector: string) =>
  web.page.evaluate<number>(`(() => {
  const all = [...document.querySelectorAll(${JSON.stringify(selector)})];
  return all.find((one) => one.checkVisibility())?.getBoundingClientRect().top ?? -1;
})()`);

/** Of what only stands for what is to come. */
const GHOSTS = "main [data-ghost]";

/** Rows alone: what is in the panels of the host is as high as it is. */
const ROWS = Object.entries(LISTS).filter(([name]) => name !== "pools and snapshots");

test.each(ROWS)(
  "the list of %s has its shape before it is there, and does not jump when it comes",
  async (_, listing) => {
    fill();
    await web.signIn();
    for (const viewport of [WIDE, NARROW]) {
      await web.page.setViewportSize(viewport);
      const { promise: held, resolve: letThrough } = Promise.withResolvers<void>();
      await web.page.route(listing.asks, async (route) => {
        await held;
        await route.continue();
      });
      const known = web.page.waitForResponse("**/v1/me");
      await come(listing);
      await web.page.locator(`${GHOSTS}:visible`).first().waitFor();
      // Who reads decides which buttons there are, and by that on how many lines they stand.
      await known;
      await web.page.waitForTimeout(200);
      const ghosts = await web.page.evaluate<number[]>(
        `[...document.querySelectorAll(${JSON.stringify(GHOSTS)})].map((one) => one.getBoundingClientRect().top)`,
      );
      letThrough();
      await web.page.locator(listing.item).first().waitFor();
      const came = await topOf(listing.item);
      expect(Math.min(...ghosts.map((top) => Math.abs(top - came)))).toBeLessThanOrEqual(NEAR);
      await expect.poll(() => web.page.locator(GHOSTS).count(), SOON).toBe(0);
      await web.page.unrouteAll({ behavior: "wait" });
    }
  },
);

test.each(Object.entries(LISTS))(
  "the list of %s that cannot be had says why and what helps, by a code, waits for nothing, and is tried again by keyboard",
  async (_, listing) => {
    fill();
    await web.reopen({ viewport: NARROW });
    await web.signIn();
    await refuse(listing);
    await come(listing);
    const card = web.page.getByRole("alert").first();
    await card.getByText("nobody listens there").waitFor();
    await card.getByText("What helps:").waitFor();
    await card.getByText("HOST_UNREACHABLE").waitFor();
    await expect.poll(() => web.page.locator(GHOSTS).count(), SOON).toBe(0);
    expect(await web.overflow()).toBe(0);
    await web.page.unrouteAll();
    await web.tabTo(/^Try(ing…| again)$/);
    await web.page.keyboard.press("Enter");
    await web.page.locator(listing.item).first().waitFor();
    await expect.poll(() => web.page.locator("main [role=alert]").count(), SOON).toBe(0);
  },
);

test.each([
  ["/", "Start your first session", "New session"],
  ["/profiles", "Start a session with a new one", "New session"],
  ["/connections", "Sign in somewhere", "New sign-in"],
  ["/signins", "Sign in somewhere", "New sign-in"],
])(
  "an empty list at %s offers the first step, by keyboard and on a telephone, too",
  async (path, step, title) => {
    await web.reopen({ viewport: NARROW });
    await web.signIn();
    await web.page.goto(`${web.url}${path}`);
    await web.page.getByRole("button", { name: step }).waitFor();
    expect(await web.overflow()).toBe(0);
    // A command is not broken where its box is.
    const codes = `[...document.querySelectorAll("main code")].map((one) => one.getClientRects().length)`;
    expect((await web.page.evaluate<number[]>(codes)).every((boxes) => boxes === 1)).toBe(true);
    await web.tabTo(step);
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("dialog", { name: title }).waitFor();
  },
);

test("while it is tried again that is said, and a second failure is told from none", async () => {
  await web.signIn();
  const listing = LISTS.profiles as Listing;
  await refuse(listing);
  await come(listing);
  await web.page.getByRole("button", { name: "Try again" }).waitFor();
  await web.page.unrouteAll();
  const { promise: held, resolve: letThrough } = Promise.withResolvers<void>();
  await web.page.route(listing.asks, async (route) => {
    await held;
    await route.abort();
  });
  await web.page.getByRole("button", { name: "Try again" }).press("Enter");
  await web.page.getByRole("button", { name: "Trying…" }).waitFor();
  letThrough();
  await web.page.getByRole("button", { name: "Try again" }).waitFor();
});
