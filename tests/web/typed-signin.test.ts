import { join } from "node:path";
import type { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BREAKING_CODE,
  GROUND,
  NAME_FIELD,
  PERSON,
} from "../../packages/controller/src/testing/login-pages.ts";
import { SigninStage } from "../harness/signin/signin-stage.ts";
import { PagePerson } from "./page-person.ts";
import { awaitTurn, passCertificate, startAtPage, stepsOf, typeName, WAITS } from "./sign-in-at-page.ts";

const SOON_MS = 60_000;
/** A machine with much else to do takes its time to start a session. */
const TURN_MS = 240_000;

let stage: SigninStage;
let client: BrowserVM & AsyncDisposable;
let person: PagePerson;

beforeAll(async () => {
  stage = await SigninStage.start({ BROWSERVM_VMM__DRIVER: "container" });
  client = connectToSocket(join(stage.whole.dir, "r/ctl/controller.sock"));
  person = await PagePerson.arrive(stage.whole);
});
afterAll(async () => {
  await person?.[Symbol.asyncDispose]();
  await client?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

const stateOf = (step: string) => stepsOf(person.page).filter({ hasText: step }).getAttribute("data-state");

describe("a sign-in through the page alone", () => {
  test("is begun by its form, and waits for its person beside the live view", async () => {
    await startAtPage(person, stage.provider);
    await awaitTurn(person, TURN_MS);
    expect(await stateOf("You sign in")).toBe("running");
    expect(await stateOf("Lock it into the vault")).toBe("waiting");
    await passCertificate(person, SOON_MS);
  });

  test("goes on after a wrong password and a page of the provider's that broke", async () => {
    await typeName(person, "wrong horse");
    await person.sees("wrong password → told so", GROUND.wrong, SOON_MS);
    await typeName(person);
    await person.sees(WAITS.second, GROUND.code, SOON_MS);
    await person.type(BREAKING_CODE, "Enter");
    await person.sees("code → broken page", GROUND.broken, SOON_MS);
    await person.type("", "Enter");
    await person.sees("tried again → second step", GROUND.code, SOON_MS);
  });

  test("goes on while the server of its page is killed, and comes again by itself when it is loaded then", async () => {
    const { page } = person;
    const kill = async () => process.kill((await stage.whole.services()).web ?? 0, "SIGKILL");
    await kill();
    expect((await page.reload())?.status()).toBe(503);
    await page.getByRole("heading", { name: "The page is not here yet" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: SOON_MS });
    await person.sees("page killed and loaded → second step", GROUND.code, SOON_MS);
    await person.click(NAME_FIELD.x, NAME_FIELD.y);
    await kill();
    await person.type(PERSON.code, "Enter");
    await person.sees(WAITS.consent, GROUND.consent, SOON_MS);
    expect(await stateOf("You sign in")).toBe("running");
    // A page that is open needs it no more; whoever comes next does.
    const status = async () => (await page.request.get(page.url())).status();
    await expect.poll(status, { timeout: SOON_MS }).toBe(200);
  });

  test("ends on the page of its connection, and with no machine", async () => {
    await person.type("", "Enter");
    const { page } = person;
    await person.waitFor(WAITS.last, () =>
      page
        .getByRole("heading", { name: `Signed in at test as ${PERSON.name}` })
        .waitFor({ timeout: SOON_MS }),
    );
    await page.getByText("all that was typed there are destroyed").waitFor({ timeout: SOON_MS });
    await page.getByRole("link", { name: "Open the connection" }).click();
    await page.waitForURL("**/connections/con_*");
    await page.getByText(PERSON.name).first().waitFor();
    const id = page.url().split("/").at(-1) ?? "";
    // Only the provider's own refresh token brings another access token.
    expect(await client.connections.refresh(id)).toMatchObject({ health: "ok", subject: PERSON.name });
    expect((await client.sessions.list()).data.filter(({ status }) => status !== "ended")).toEqual([]);
    expect((await stage.whole.remains()).vms).toEqual([]);
    expect(await stage.provider.automated()).toEqual(["false"]);
    // The page was not there for a while.
    expect(person.complaints.filter((each) => !each.includes("status of 503"))).toEqual([]);
    for (const { what, ms } of person.waits) process.stderr.write(`${what}: ${Math.round(ms)} ms\n`);
  });
});
