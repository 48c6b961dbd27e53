import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const SOON = { timeout: 10_000 };
const web = WebFixture.use();
const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const rows = () => web.page.getByRole("list", { name: "Connections" }).getByRole("listitem");

const open = async (path = "/connections") => {
  await web.signIn();
  await web.page.goto(`${web.url}${path}`);
};
const openList = async () => {
  await open();
  await web.page.getByRole("heading", { name: "Connections", exact: true }).waitFor();
};

/** None of these may be in the page, also not as the value of a field. */
const SECRETS = ["planted-access-token", "planted-refresh-token", "planted-client-secret", "planted file"];
const seesNoSecret = async () => {
  const html = await web.page.content();
  for (const secret of SECRETS) {
    expect(html).not.toContain(secret);
    expect(html).not.toContain(Buffer.from(secret).toString("base64"));
  }
};

describe("the way to every page", () => {
  const nav = () => web.page.getByRole("navigation", { name: "Main" });

  test("each page is one link away, and the one that is shown is marked", async () => {
    await web.signIn();
    for (const [name, heading] of [
      ["Connections", "Connections"],
      ["Sign-ins", "Sign-ins"],
      ["Audit", "Audit log"],
      ["Host", "This host"],
      ["Sessions", "Sessions"],
    ] as const) {
      await nav().getByRole("link", { name }).click();
      await web.page.getByRole("heading", { name: heading, exact: true, level: 1 }).waitFor();
      expect(await nav().locator("[aria-current=page]").allTextContents()).toEqual([name]);
    }
    expect(web.complaints).toEqual([]);
  });

  test("who is no administrator has no link to the audit log, and is told so at its address", async () => {
    web.api.role = "member";
    await openList();
    expect(await nav().getByRole("link").allTextContents()).toEqual([
      "Sessions",
      "Connections",
      "Sign-ins",
      "People",
    ]);
    await web.page.goto(`${web.url}/audit`);
    await web.sees("Only administrators read the audit log");
    expect(web.api.calls).not.toContain("GET /v1/vault");
  });

  test("who may only look is offered nothing that would change a connection", async () => {
    web.api.role = "viewer";
    const { id } = web.api.connections.add({ kind: "files", health: "needs_user" });
    await open(`/connections/${id}`);
    await web.page.getByRole("region", { name: "Health" }).getByText("Needs a person").waitFor();
    for (const name of ["Sign in again", "Put into a session", "Delete"])
      expect(await button(name).count()).toBe(0);
    await web.page.goto(`${web.url}/connections`);
    await rows().first().waitFor();
    for (const name of ["Add by hand", "New sign-in"]) expect(await button(name).count()).toBe(0);
  });

  test("on a small screen it is a menu for the keyboard: Escape closes it and gives the focus back", async () => {
    await web.reopen({ viewport: { width: 360, height: 740 } });
    await openList();
    await web.tabTo("Menu");
    await web.page.keyboard.press("Enter");
    await nav().getByRole("link", { name: "Connections" }).waitFor();
    expect(await web.overflow()).toBe(0);
    await web.page.keyboard.press("Escape");
    expect(await nav().getByRole("link").count()).toBe(0);
    expect(await web.focused()).toBe("Menu");
    await web.page.keyboard.press("Enter");
    await web.tabTo("Sign-ins");
    await web.page.keyboard.press("Enter");
    await web.sees("Nobody has signed in here yet");
    await expect.poll(() => nav().getByRole("link").count(), SOON).toBe(0);
  });
});

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
    for (const words of ["OAuth tokens", "Works", "and 2 more", "in 1 h 00", "2 min ago", "30 min ago"])
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

describe("one connection", () => {
  test("is opened from the list, and refreshed; a refusal names its cause", async () => {
    const { id } = web.api.connections.add({ health: "provider_down", healthReason: "no answer for 30 s" });
    await openList();
    await rows().getByRole("link", { name: "ada@example.com at google" }).click();
    await web.page.waitForURL(`**/connections/${id}`);
    const health = web.page.getByRole("region", { name: "Health" });
    await health.getByText("no answer for 30 s").waitFor();
    web.api.connections.refusal = "CONNECTION_NEEDS_USER";
    await button("Refresh now").click();
    await web.sees("the provider said invalid_grant");
    web.api.connections.refusal = null;
    await button("Refresh now").click();
    await health.getByText("Works").waitFor();
    expect(web.complaints.filter((line) => !line.includes("409"))).toEqual([]);
  });

  test("offers lines to copy where others would show a token, and asks for none", async () => {
    const { id } = web.api.connections.add();
    await open(`/connections/${id}`);
    await web.sees(`browservm connection token ${id}`);
    await web.sees(`/v1/connections/${id}/token`);
    await web.sees("$BVM_API_KEY");
    expect(web.api.calls.filter((call) => call.includes("/token"))).toEqual([]);
  });

  test("a tool’s files are put into a session that runs", async () => {
    const { id } = web.api.connections.add({ kind: "files", provider: "codex", scopes: [] });
    const { session } = web.api.seed({ url: "https://example.com/" });
    web.api.seed({ status: "ended", url: "https://gone.example/" });
    await open(`/connections/${id}`);
    await button("Put into a session").click();
    const choice = dialog("Put into a session").getByLabel("Session");
    await expect.poll(() => choice.locator("option").count()).toBe(1);
    await dialog("Put into a session").getByRole("button", { name: "Put it there" }).click();
    await dialog("Put into a session").getByText(".codex/auth.json").waitFor();
    expect(web.api.connections.entries).toMatchObject([{ sessionId: session.id, connectionId: id }]);
  });

  test("one click signs in again into it", async () => {
    const { id } = web.api.connections.add({ health: "needs_user" });
    await open(`/connections/${id}`);
    await button("Sign in again").click();
    await web.page.waitForURL("**/signins/sgn_*");
    await web.sees("It renews a connection: it must be the same account.");
    expect(web.api.signins.asked).toMatchObject([{ connection: id }]);
  });

  test("a provider that nobody described is said so", async () => {
    const { id } = web.api.connections.add({ kind: "cookies", provider: "intranet" });
    await open(`/connections/${id}`);
    await button("Sign in again").click();
    await dialog("No sign-in at intranet").getByText("“intranet” is not known here").waitFor();
  });

  test("it is deleted after a question that says what is not revoked", async () => {
    const { id } = web.api.connections.add();
    await open(`/connections/${id}`);
    await button("Delete").click();
    await dialog("Delete this connection?").getByText("Nothing is revoked at the provider").waitFor();
    expect(await web.focused()).toBe("Keep it");
    await dialog("Delete this connection?").getByRole("button", { name: "Delete", exact: true }).click();
    await web.sees("No account is connected yet");
    await web.page.goto(`${web.url}/connections/${id}`);
    await web.sees("There is no such connection");
  });

  test("what happened to it is told to administrators", async () => {
    const { id } = web.api.connections.add();
    const details = { from: "ok", to: "revoked", reason: "invalid_grant" };
    web.api.connections.write({ action: "connection.health", connectionId: id, details });
    web.api.connections.write({ connectionId: null, action: "audit.exported", details: {} });
    await open(`/connections/${id}`);
    const history = web.page.getByRole("region", { name: "What happened" });
    await history.getByText("Health changed (from ok, to revoked, reason invalid_grant)").waitFor();
    expect(await history.getByRole("listitem").count()).toBe(1);
    await history.getByRole("link", { name: "All of it in the audit log" }).click();
    await web.page.waitForURL(`**/audit?connection=${id}`);
    await web.sees("Only what is about");
  });
});

describe("adding one by hand", () => {
  const TOKENS = JSON.stringify({
    access_token: "planted-access-token",
    refresh_token: "planted-refresh-token",
    expires_in: 3600,
    scope: "openid email",
  });
  const add = () => dialog("Add a connection");
  const upload = (name: string, text: string) => ({
    name,
    mimeType: "text/plain",
    buffer: Buffer.from(text),
  });

  test("with the keyboard alone, tokens are stored and never written into the page", async () => {
    await openList();
    await web.tabTo("Add by hand");
    await web.page.keyboard.press("Enter");
    await add().waitFor();
    await web.page.keyboard.type("google");
    await add().getByLabel("Issuer").fill("https://accounts.google.com");
    await add().getByLabel("Client id").fill("my-client");
    await add().getByLabel("Client secret").fill("planted-client-secret");
    await add().getByLabel("or paste it").fill(TOKENS);
    await seesNoSecret();
    await web.page.keyboard.press("Enter");
    await rows().getByText("google").first().waitFor();
    await seesNoSecret();
    expect(web.api.connections.stored).toMatchObject([
      {
        kind: "oauth",
        provider: "google",
        client: { issuer: "https://accounts.google.com", clientId: "my-client", clientSecret: SECRETS[2] },
        tokens: { accessToken: SECRETS[0], refreshToken: SECRETS[1], scopes: ["openid", "email"] },
      },
    ]);
    expect(web.complaints).toEqual([]);
  });

  test("files are uploaded to where they belong, and wrong ones are named without their content", async () => {
    await openList();
    await button("Add by hand").click();
    await add().getByLabel("Files of a tool").check();
    await add().getByLabel("Provider").fill("Codex!");
    await add().getByRole("button", { name: "Store it" }).click();
    await add().getByText("Small letters, digits, dots and dashes; at most 60.").waitFor();
    await add().getByText("1 to 16 files with different paths").waitFor();
    await add().getByLabel("Provider").fill("codex");
    await add()
      .getByLabel("Files", { exact: true })
      .setInputFiles([upload("auth.json", "planted file")]);
    await add().getByLabel("auth.json (12 bytes) goes to").fill("../auth.json");
    await add().getByRole("button", { name: "Store it" }).click();
    await add().getByText("1 to 16 files with different paths").waitFor();
    await add().getByLabel("auth.json (12 bytes) goes to").fill(".codex/auth.json");
    await add().getByRole("button", { name: "Store it" }).click();
    await rows().getByText("Files of a tool").waitFor();
    await seesNoSecret();
    const data = Buffer.from("planted file").toString("base64");
    expect(web.api.connections.stored).toMatchObject([
      { kind: "files", files: [{ path: ".codex/auth.json", data, mode: 0o600 }] },
    ]);
  });

  test("what is no JSON, and a vault that is shut, are said without a word of the secret", async () => {
    Object.assign(web.api.connections.vault, { state: "locked", reason: "the file vault.key is not there" });
    await openList();
    await button("Add by hand").click();
    await add().getByLabel("Provider").fill("google");
    await add().getByLabel("Client id").fill("my-client");
    await add().getByLabel("Token endpoint").fill("https://example.com/token");
    await add().getByLabel("or paste it").fill("planted-access-token");
    await add().getByRole("button", { name: "Store it" }).click();
    await add().getByText("This is not the JSON that is wanted.").waitFor();
    await add()
      .getByLabel("Tokens", { exact: true })
      .setInputFiles([upload("tokens.json", TOKENS)]);
    await add().getByLabel("or paste it").fill("");
    await add().getByRole("button", { name: "Store it" }).click();
    await add().getByText("The vault's master key is missing").waitFor();
    await seesNoSecret();
    expect(web.api.connections.stored).toEqual([]);
  });
});

describe("the audit log", () => {
  const lines = () => web.page.getByRole("table", { name: "Audit log" }).getByRole("row");
  const openAudit = async () => {
    await open("/audit");
    await web.page.getByRole("heading", { name: "Audit log" }).waitFor();
  };

  test("says who did what, when, with what, in which request; by cursor and by filter", async () => {
    const { id } = web.api.connections.add();
    for (let count = 0; count < 120; count += 1) web.api.connections.write({ connectionId: id });
    const actor = { kind: "cookie", id: "lnk_1", name: "ada" } as const;
    web.api.connections.write({
      action: "vault.rotation_done",
      actor,
      connectionId: null,
      requestId: "req_9",
    });
    await openAudit();
    const newest = lines().nth(1);
    for (const words of ["121", "ada (page)", "Change of the vault’s key done", "req_9"])
      await newest.getByText(words).waitFor();
    await web.sees("100 loaded");
    await button("Load older ones").click();
    await web.sees("121 loaded: that is all there is");
    await web.page.getByLabel("Which entries").selectOption("vault");
    await expect.poll(() => lines().count(), SOON).toBe(2);
    await web.page.getByRole("searchbox").fill("robot");
    await web.sees("None of the 121 entries that are loaded fits.");
    expect(web.complaints).toEqual([]);
  });

  test("is verified with the hash to note, or the entry that was changed, and exported as a file", async () => {
    web.api.connections.write();
    web.api.connections.write();
    await openAudit();
    await button("Verify").click();
    await web.sees("All 2 entries are as they were written");
    await web.sees("2".padStart(64, "a"));
    web.api.connections.brokenAt = 1;
    await button("Verify").click();
    await web.page.getByRole("alert").getByText("Entry 1 is not as it was written").waitFor();
    const download = web.page.waitForEvent("download");
    await web.page.getByRole("link", { name: "Export" }).click();
    expect((await download).suggestedFilename()).toBe("browservm-audit.ndjson");
    const stream = await (await download).createReadStream();
    expect(Buffer.concat(await stream.toArray()).toString()).toBe(web.api.connections.exported);
  });

  test("an empty one says what would be in it", async () => {
    await openAudit();
    await web.sees("Each use of a secret is written here before it is handed out");
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
