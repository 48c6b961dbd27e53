import { describe, expect, test } from "vitest";
import { SOON, useConnections } from "./connections-fixture.ts";

const { web, button, dialog, rows, openList } = useConnections();

describe("the list of connections", () => {
  test("an empty one says what a connection is, and how to get one", async () => {
    await openList();
    await web.sees("A connection is the stored sign-in of one account");
    await web.sees("browservm connection add");
    await button("Sign in somewhere").click();
    await dialog("New sign-in").waitFor();
    expect(web.complaints).toEqual([]);
  });

  test("while it loads, its shape is there; a failure says what helps and heals by itself", async () => {
    await web.signIn();
    await web.page.route("**/v1/connections?*", () => {});
    await web.page.goto(`${web.url}/connections`);
    await web.page.getByRole("status").filter({ hasText: "Loading connections" }).waitFor();
    await web.page.unroute("**/v1/connections?*");
    await web.page.route("**/v1/connections?*", (route) => route.abort());
    await web.page.reload();
    await button("Try again").waitFor();
    await web.page.unroute("**/v1/connections?*");
    await button("Try again").click();
    await web.sees("No account is connected yet");
  });

  test("shows account, kind, health with its reason, scopes and times; and is searched", async () => {
    const scopes = ["openid", "email", "profile", "calendar.read", "drive"];
    web.api.connections.add({ subject: "ada@example.com", scopes });
    const healthReason = "invalid_grant: the refresh token is not accepted";
    web.api.connections.add({ provider: "github", subject: null, health: "revoked", healthReason });
    web.api.connections.add({ provider: "codex", kind: "files", subject: "ci", scopes: [], expiresAt: null });
    await openList();
    const ada = rows().filter({ hasText: "ada@example.com" });
    for (const words of ["OAuth tokens", "Works", "and 2 more", "in 1 h", "2 min ago", "30 min ago"])
      await ada.getByText(words).first().waitFor();
    await rows().getByText("Revoked").waitFor();
    await rows().getByText(healthReason).waitFor();
    await rows().getByText("Files of a tool").waitFor();
    await web.page.getByRole("searchbox").fill("calendar GOOGLE");
    await expect.poll(() => rows().count(), SOON).toBe(1);
    await web.page.getByRole("searchbox").fill("");
    await web.page.getByLabel("Which connections").selectOption("care");
    await expect.poll(() => rows().allTextContents(), SOON).toEqual([expect.stringContaining("github")]);
    await web.page.getByRole("searchbox").fill("nothing like it");
    await web.sees("No connection fits what you look for.");
  });

  test("more than one page of them is loaded, and a change arrives by its event", async () => {
    for (let count = 0; count < 130; count += 1) web.api.connections.add({ subject: `person-${count}` });
    await openList();
    await expect.poll(() => rows().count(), SOON).toBe(130);
    await web.page.waitForTimeout(300);
    Object.assign(web.api.connections.connections[0] ?? {}, { health: "expired" });
    web.api.tell("host", "connection.health", {});
    await rows().first().getByText("Expired").waitFor();
  });
});

describe("the vault", () => {
  test.each([
    ["locked", "The vault's master key is missing", "Bring the key back"],
    ["wrong_key", "not the one that its connections were locked with", "Bring the right key back"],
    ["unusable_key", "cannot be used as it is", "mode 0600"],
  ] as const)("that is %s is a banner with its cause and what helps", async (state, title, fix) => {
    Object.assign(web.api.connections.vault, { state, reason: "the file vault.key is not there" });
    web.api.connections.add();
    await openList();
    const banner = web.page.getByRole("alert").filter({ hasText: title });
    await banner.getByText("the file vault.key is not there").waitFor();
    await banner.getByText(fix).waitFor();
    await rows().first().waitFor();
  });

  test("its key is changed after one question, and it is shown how far that is", async () => {
    web.api.connections.add();
    web.api.connections.add();
    await openList();
    await web.sees("The vault is open.");
    await button("Change the key").click();
    await dialog("Change the vault’s key?")
      .getByText("Old copies of the database need the old key")
      .waitFor();
    await dialog("Change the vault’s key?").getByRole("button", { name: "Change the key" }).click();
    await web.sees("0 of 2 connections have the new one");
    Object.assign(web.api.connections.vault, { waiting: 0 });
    await web.sees("The vault is open.");
    await web.sees("Key version 2, from its file.");
  });
});

describe("how it looks", () => {
  test.each([360, 900])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 900 } });
    const long = "a-word-without-an-end".repeat(8);
    const { id } = web.api.connections.add({
      subject: long,
      scopes: [long, "b", "c", "d"],
      health: "needs_user",
      healthReason: long,
    });
    const actor = { kind: "key", id: "key_1", name: long } as const;
    web.api.connections.write({ connectionId: id, actor, requestId: long, details: { reason: long } });
    Object.assign(web.api.connections.vault, { state: "locked", reason: long });
    await openList();
    await rows().first().waitFor();
    expect(await web.overflow()).toBe(0);
    await button("Add by hand").click();
    await dialog("Add a connection").waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.goto(`${web.url}/connections/${id}`);
    await web.page.getByRole("region", { name: "What happened" }).getByRole("listitem").waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.goto(`${web.url}/audit`);
    await button("Verify").click();
    await web.sees("The one entry is as it was written");
    expect(await web.overflow()).toBe(0);
  });
});
