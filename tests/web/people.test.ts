import { describe, expect, test } from "vitest";
import { INVITATION, PASSWORD } from "./mock-people.ts";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const SOON = { timeout: 15_000 };
const button = (name: string | RegExp) => web.page.getByRole("button", { name, exact: true });
const dialog = (name: string) => web.page.getByRole("dialog", { name });
const line = (name: string) => web.page.getByRole("listitem").filter({ hasText: name });
const lastAsked = () => web.api.people.asked.at(-1);

async function openPeople(): Promise<void> {
  await web.signIn();
  await web.page.goto(`${web.url}/people`);
  await web.page.getByRole("heading", { name: "Your account" }).waitFor();
}

/** What is in the page and its storage, with the values of its fields. */
const everything = () =>
  web.page.evaluate(
    "document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((i) => i.value) + JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href",
  );

describe("signing in", () => {
  test("by a password: wrong ones are said to be, the right one leads to the list", async () => {
    web.api.people.ways = { password: true, oidc: null };
    await web.page.goto(`${web.url}/login`);
    await web.page.getByLabel("E-mail").fill("olga@example.org");
    await web.page.getByLabel("Password").fill("wrong");
    await web.page.keyboard.press("Enter");
    await web.sees("The e-mail address or the password is wrong");
    expect(await web.page.getByLabel("Password").inputValue()).toBe("");
    await web.page.getByLabel("Password").fill(PASSWORD);
    await button("Sign in").click();
    await web.page.waitForURL(`${web.url}/`);
    await web.page.getByRole("link", { name: "People" }).waitFor();
    expect(await everything()).not.toContain(PASSWORD);
  });

  test("by the provider goes there, and what it refused is told", async () => {
    web.api.people.ways = { password: true, oidc: { name: "Example" } };
    await web.page.goto(`${web.url}/login#problem=OIDC_REFUSED`);
    await web.sees("does not let anybody in here");
    expect(new URL(web.page.url()).hash).toBe("");
    const way = web.page.getByRole("link", { name: "Sign in with Example" });
    expect(await way.getAttribute("href")).toBe("/v1/login/oidc");
    await web.page.getByText("Other ways").click();
    await web.sees("browservm open");
    expect(await web.overflow()).toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("by an invitation makes an account, and takes the token out of the address", async () => {
    web.api.people.invitations = [
      {
        ...JSON.parse(JSON.stringify({ email: "new@example.org", role: "member", personId: null })),
        id: `inv_${"a".repeat(20)}`,
        invitedBy: "Olga",
        createdAt: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
      },
    ];
    await web.page.goto(`${web.url}/login#invitation=${INVITATION}`);
    await web.sees("Members start and use sessions");
    expect(await everything()).not.toContain(INVITATION);
    await button("Make my account").click();
    await web.sees("Others see you by it.");
    await web.sees("At least 12 characters.");
    await web.page.getByLabel("Your name").fill("New");
    await web.page.getByLabel("New password").fill("long enough now");
    await web.page.getByLabel("The same again").fill("long enough but");
    await button("Make my account").click();
    await web.sees("Not the same.");
    await web.page.getByLabel("The same again").fill("long enough now");
    await button("Make my account").click();
    await web.page.waitForURL(`${web.url}/`);
    await web.page.goto(`${web.url}/login#invitation=bvi_used`);
    await web.sees("This invitation was used, was taken back, or has expired");
  });
});

describe("members", () => {
  test("somebody is invited by a link that is shown once, and the invitation is taken back", async () => {
    web.api.people.signedIn();
    await openPeople();
    await button("Invite").click();
    await button("Make the invitation").click();
    await web.sees("They sign in by it.");
    await web.page.getByLabel("E-mail").fill("bob@example.org");
    await web.page.getByLabel(/^viewer/).check();
    await button("Make the invitation").click();
    const field = web.page.getByLabel("The link", { exact: true });
    expect(await field.inputValue()).toContain(`#invitation=${INVITATION}`);
    await button("Copy link").click();
    await button("Copied").waitFor();
    await button("Done").click();
    expect(await everything()).not.toContain(INVITATION);
    await line("bob@example.org")
      .getByText(/as viewer, by Olga, 2 d left/)
      .waitFor();
    await button("Take back the invitation of bob@example.org").click();
    await expect.poll(() => line("bob@example.org").count(), SOON).toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("get another role, are disabled and removed, each after a question; the last admin stays", async () => {
    const me = web.api.people.signedIn();
    web.api.people.person({ name: "Bob", email: "bob@example.org" });
    await openPeople();
    await button("Role: Bob").waitFor();
    // one does not lock oneself out by a slip
    expect(await line("Olga").getByRole("button").count()).toBe(0);
    await button("Role: Bob").click();
    await web.page.getByLabel(/^admin/).check();
    await button("Save").click();
    await line("Bob").getByText("admin", { exact: true }).waitFor();
    await button("Disable: Bob").click();
    await web.sees("Their sign-ins and open views end now");
    await dialog("Disable Bob?").getByRole("button", { name: "Disable" }).click();
    await line("Bob").getByText("disabled", { exact: true }).waitFor();
    Object.assign(me, { role: "viewer" });
    await button("Enable: Bob").click();
    await dialog("Enable Bob?").getByRole("button", { name: "Enable" }).click();
    await web.sees("This is the last admin");
    await button("Cancel").click();
    await button("Remove: Bob").click();
    await dialog("Remove Bob?").getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => line("Bob").count(), SOON).toBe(0);
  });

  test("none yet: who came by root's link makes an account of their own", async () => {
    await openPeople();
    await web.sees("Nobody has an account yet");
    await button("Make my account").click();
    const form = dialog("Make my account");
    await form.getByLabel("Your name").fill("Me");
    await form.getByLabel("E-mail").fill("me@example.org");
    await form.getByLabel("New password").fill("long enough now");
    await form.getByLabel("The same again").fill("long enough now");
    await form.getByRole("button", { name: "Make my account" }).click();
    await line("me@example.org").getByText("you", { exact: true }).waitFor();
    await button("Change password").waitFor();
  });
});

describe("keys", () => {
  test("one is made with chosen scopes; its secret is shown once", async () => {
    web.api.people.signedIn();
    await openPeople();
    await web.sees("Programs and agents use one instead of signing in");
    await button("Make a key").click();
    await web.page.getByLabel("What it is for").fill("nightly");
    await web.page.getByLabel("Choose…").check();
    await button("Make the key").click();
    await web.sees("Choose what it may do.");
    await web.page.getByLabel(/^sessions:read/).check();
    await web.page.getByLabel("Project").fill("web");
    await web.page.getByLabel("Good for").selectOption({ label: "30 days" });
    await button("Make the key").click();
    expect(await web.page.getByLabel("Its secret").inputValue()).toBe("bvm_secret-that-is-told-once");
    await web.page.keyboard.press("Escape");
    expect(lastAsked()?.[1]).toEqual({ name: "nightly", scopes: ["sessions:read"], project: "web", ttlSeconds: 2_592_000 });
    await line("nightly")
      .getByText(/project web, 29 d left, not used yet/)
      .waitFor();
    expect(await everything()).not.toContain("told-once");
  });

  test("are rotated with a grace time, and revoked after a question", async () => {
    web.api.people.signedIn();
    web.api.people.key();
    await openPeople();
    await button("Rotate the key: ci").click();
    await web.page.getByLabel("The old secret works").selectOption({ label: "1 week more" });
    await button("Rotate").click();
    expect(await web.page.getByLabel("The new secret").inputValue()).toBe("bvm_another-secret");
    await button("Done").click();
    await line("ci")
      .getByText(/The old secret bvm_abcdef… works for 6 d more; nobody uses it./)
      .waitFor();
    await button("Revoke the key: ci").click();
    await dialog("Revoke the key “ci”?").getByRole("button", { name: "Revoke" }).click();
    await web.sees("Programs and agents use one instead of signing in");
    expect(lastAsked()?.[0]).toBe("removeApiKey");
  });
});

describe("one's own account", () => {
  test("changes its password, and signs out everywhere", async () => {
    web.api.people.signedIn();
    await openPeople();
    await button("Change password").click();
    const form = dialog("Change password");
    await form.getByLabel("Present password").fill("wrong");
    await form.getByLabel("New password").fill("long enough now");
    await form.getByLabel("The same again").fill("long enough now");
    await form.getByRole("button", { name: "Change password" }).click();
    await web.sees("The e-mail address or the password is wrong");
    await form.getByLabel("Present password").fill(PASSWORD);
    await form.getByRole("button", { name: "Change password" }).click();
    await expect.poll(() => form.count(), SOON).toBe(0);
    await button("Sign out everywhere").click();
    await dialog("Sign out everywhere?").getByRole("button", { name: "Sign out" }).click();
    await web.page.waitForURL("**/login");
  });

  test("of a viewer shows neither members nor keys, and a member sees keys only", async () => {
    web.api.people.signedIn({ role: "viewer" });
    await openPeople();
    expect(await web.page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Your account"]);
    web.api.role = "member";
    await web.page.reload();
    await web.page.getByRole("heading", { name: "API keys" }).waitFor();
    expect(await web.page.getByRole("heading", { name: "Members", exact: true }).count()).toBe(0);
  });
});

describe("how it looks", () => {
  test("fits a narrow screen, and works from the keyboard alone", async () => {
    await web.reopen({ viewport: { width: 360, height: 740 } });
    web.api.people.signedIn();
    web.api.people.person({ name: "A-name-without-any-space-that-does-not-end-so-soon", role: "viewer" });
    web.api.people.key({
      scopes: ["sessions:write", "connections:token", "connections:write", "pools:read"],
    });
    await openPeople();
    await line("ci").waitFor();
    expect(await web.overflow()).toBe(0);
    await web.tabTo("Make a key");
    await web.page.keyboard.press("Enter");
    await dialog("Make a key").waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.keyboard.press("Escape");
    expect(await web.focused()).toBe("Make a key");
  });

  test("says what is wrong while the API does not answer, and tries again", async () => {
    web.api.people.signedIn();
    await web.signIn();
    await web.page.route("**/v1/people", (route) => route.abort());
    await web.page.goto(`${web.url}/people`);
    await button("Try again").first().waitFor();
    await web.page.unroute("**/v1/people");
    await button("Try again").first().click();
    await line("Olga").waitFor();
  });
});
