import type { SessionId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const SOON = { timeout: 10_000 };
const web = WebFixture.use();
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
const rows = () => web.page.getByRole("list", { name: "Profiles" }).getByRole("listitem");
const row = (name: string) => rows().filter({ hasText: name });
const openList = async () => {
  await web.signIn();
  await web.page.goto(`${web.url}/profiles`);
  await web.page.getByRole("heading", { name: "Profiles", exact: true }).waitFor();
};

describe("the list of profiles", () => {
  test("an empty one says what a profile is; while it loads its shape is there; a failure says what helps", async () => {
    await web.signIn();
    await web.page.route("**/v1/profiles?*", () => {});
    await web.page.goto(`${web.url}/profiles`);
    await web.page.getByRole("status").filter({ hasText: "Loading profiles" }).waitFor();
    await web.page.unroute("**/v1/profiles?*");
    await web.page.route("**/v1/profiles?*", (route) => route.abort());
    await web.page.reload();
    await button("Try again").waitFor();
    await web.page.unroute("**/v1/profiles?*");
    await button("Try again").click();
    await web.sees("A profile is what a browser remembers");
    await web.sees("browservm run --profile NAME");
  });

  test("shows who writes, size, times and failures; deletes after one question; refuses one that is in use", async () => {
    const { session } = web.api.seed();
    const failure = {
      code: "DISK_FULL",
      message: "there is no space left",
      fix: "Make some.",
      at: new Date().toISOString(),
    };
    web.api.profiles.add({ name: "held", writer: { sessionId: session.id as SessionId, since: failure.at } });
    web.api.profiles.add({ name: "lost", failure: { ...failure, sessionId: null } });
    web.api.profiles.add({ name: "new", version: 0, savedAt: null, usedAt: null });
    await openList();
    for (const words of ["In use", "a session that runs", "2.6 MB", "10 min ago"])
      await row("held").getByText(words).waitFor();
    for (const words of ["Not saved last time", "there is no space left"])
      await row("lost").getByText(words).waitFor();
    await row("new").getByText("Empty", { exact: true }).waitFor();
    await button("Delete held").click();
    await dialog(/Delete the profile held/)
      .getByRole("button", { name: "Delete" })
      .click();
    await dialog(/Delete the profile held/)
      .getByText("another session writes this profile")
      .waitFor();
    await dialog(/Delete the profile held/)
      .getByRole("button", { name: "Keep it" })
      .click();
    await button("Delete lost").click();
    await dialog(/Delete the profile lost/)
      .getByRole("button", { name: "Delete" })
      .click();
    await expect.poll(() => rows().count(), SOON).toBe(2);
    expect(web.complaints.filter((words) => !words.includes("409"))).toEqual([]);
  });

  test("who only looks sees them, and may do nothing", async () => {
    web.api.role = "viewer";
    web.api.profiles.add({ name: "work" });
    await openList();
    await row("work").waitFor();
    expect(await rows().getByRole("button").count()).toBe(0);
    expect(await button("New profile").count()).toBe(0);
  });
});

describe("a session with a profile", () => {
  test("is started from the list, to be saved or not", async () => {
    web.api.profiles.add({ name: "work" });
    await openList();
    await row("work").getByRole("button", { name: "Open" }).click();
    const form = dialog("New session");
    await expect.poll(() => form.getByLabel("Profile").inputValue(), SOON).toBe("work");
    await form.getByText("The browser begins with what it remembers.").waitFor();
    await form.getByLabel("Profile").fill("Wrong Name");
    await form.getByRole("button", { name: "Start session" }).click();
    await form.getByText("Small letters, digits").waitFor();
    await form.getByLabel("Profile").fill("fresh");
    await form.getByText("A new profile of this name is made.").waitFor();
    await form.getByLabel("Profile").fill("work");
    await form.getByLabel("At its end").selectOption("read");
    await form.getByRole("button", { name: "Start session" }).click();
    await web.page.waitForURL(/\/sessions\/ses_/);
    expect(web.api.created.at(-1)?.profile).toEqual({ name: "work", mode: "read" });
  });

  test("is saved from its page, as its own or as a new one, and a failure is told", async () => {
    const held = web.api.profiles.add({ name: "work", version: 3 });
    const { session } = web.api.seed({
      profile: { id: held.id, name: "work", mode: "write", state: "loaded", version: 3, reason: null },
    });
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    await web.page.getByRole("tab", { name: "About" }).click();
    const card = web.page.getByRole("region", { name: "Profile" });
    await card.getByText("work (version 3) is saved when the session ends").waitFor();
    web.api.profiles.failsToSave = true;
    await card.getByRole("button", { name: "Save work now" }).click();
    await card.getByText("the browser did not close in time").waitFor();
    await card.getByRole("button", { name: "Save work now" }).click();
    await card.getByText("work is saved: version 4.").waitFor();
    await card.getByLabel("Save as a new profile").fill("copy");
    await card.getByRole("button", { name: "Save as" }).click();
    await card.getByText("copy is saved: version 1.").waitFor();
    expect(web.api.profiles.profiles.map(({ name, version }) => [name, version])).toEqual([
      ["copy", 1],
      ["work", 4],
    ]);
  });
});
