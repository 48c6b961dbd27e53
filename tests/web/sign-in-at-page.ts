import type { Locator, Page } from "playwright-core";
import { GROUND, NAME_FIELD, PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import type { ProviderOutside } from "../harness/signin/provider-outside.ts";
import type { PagePerson } from "./page-person.ts";

/** A coloured part of the page that the browser starts with. */
const START_PAGE = { at: { x: 550, y: 410 }, ground: [18, 184, 134] };
const TRIES = 10;
/** The names of what is waited for. */
export const WAITS = {
  turn: "start → somebody may sign in",
  live: "start → live view",
  open: "start → page open, as the sign-in says",
  /** It comes three seconds late: by its source, Chromium looks for a captive portal first. */
  warning: "start → the browser warns of the test's certificate",
  login: "past the warning → login page",
  second: "password → second step",
  consent: "code → consent",
  last: "last key → the page shows the connection",
} as const;

/** The steps of the sign-in, as the page shows them. */
export const stepsOf = (page: Page): Locator =>
  page.getByRole("list", { name: "Steps of the sign-in" }).getByRole("listitem");

/** Fills in the page's form and sends it. */
export async function startAtPage(
  person: PagePerson,
  { issuer, client }: Pick<ProviderOutside, "issuer" | "client">,
): Promise<void> {
  const { page } = person;
  await page.goto(new URL("/signins", page.url()).href);
  await page.getByRole("button", { name: "New sign-in" }).click();
  const form = page.getByRole("dialog", { name: "New sign-in" });
  await form.getByRole("radio", { name: "Another OAuth provider" }).check();
  const typed = {
    "Name it": "test",
    Issuer: issuer,
    "Client id": client.clientId,
    "Client secret": client.clientSecret,
    Scopes: "openid offline_access",
  };
  for (const [label, text] of Object.entries(typed)) await form.getByLabel(label, { exact: true }).fill(text);
  await form.getByText("Device code, endpoints, audience, parameters, redirect").click();
  // The provider gives refresh tokens to those only who ask for consent.
  await form.getByLabel("More parameters").fill("prompt=consent");
  await person.push(form.getByRole("button", { name: "Start" }));
}

/** Waits until the page says that one may sign in, and the browser in the VM shows where. */
export async function awaitTurn(person: PagePerson, timeoutMs: number): Promise<void> {
  const { page } = person;
  await person.waitFor(WAITS.turn, () =>
    page.getByText("Sign in here, we continue by ourselves").waitFor({ timeout: timeoutMs }),
  );
  await person.waitFor(WAITS.live, () =>
    page.getByText("Live", { exact: true }).waitFor({ timeout: timeoutMs }),
  );
  const turn = stepsOf(page).filter({ hasText: "You sign in" });
  await person.waitFor(WAITS.open, () =>
    page.locator('[data-state="running"]').and(turn).waitFor({ timeout: timeoutMs }),
  );
  await person.waitFor(WAITS.warning, () => person.seesGone(START_PAGE, timeoutMs));
}

/** The VM does not know who signed the test's certificate; a person may go on all the same. */
export async function passCertificate(person: PagePerson, timeoutMs: number): Promise<void> {
  await person.waitFor(WAITS.login, async () => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      await person.click(640, 660);
      await person.type("thisisunsafe");
      if (await person.seesSoon(GROUND.login, timeoutMs / TRIES)) return;
    }
    throw new Error("the login page never came");
  });
}

/** Name and password into the login page. */
export async function typeName(person: PagePerson, password: string = PERSON.password): Promise<void> {
  await person.click(NAME_FIELD.x, NAME_FIELD.y);
  // what came too late for the page before
  await person.type("", "Control+a");
  await person.type(PERSON.name, "Tab");
  await person.type(password, "Enter");
}
