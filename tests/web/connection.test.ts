import { describe, expect, test } from "vitest";
import { useConnections } from "./connections-fixture.ts";

const { web, button, dialog, rows, open, openList } = useConnections();

/** None of these may be in the page, also not as the value of a field. */
const SECRETS = ["planted-access-token", "planted-refresh-token", "planted-client-secret", "planted file"];
const seesNoSecret = async () => {
  const html = await web.page.content();
  for (const secret of SECRETS) {
    expect(html).not.toContain(secret);
    expect(html).not.toContain(Buffer.from(secret).toString("base64"));
  }
};

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

  test("a browser’s state is given to a session’s browser, which says what it took", async () => {
    const { id } = web.api.connections.add({ kind: "cookies", provider: "shop", scopes: [] });
    web.api.seed({ url: "https://example.com/" });
    await open(`/connections/${id}`);
    await button("Put into a session").click();
    await dialog("Put into a session").getByRole("button", { name: "Put it there" }).click();
    await dialog("Put into a session")
      .getByText("3 cookies, storage of 1 site; the browser refused 1")
      .waitFor();
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
