import type { SecretFile } from "@browservm/contract";
import { BrowserVmError } from "@browservm/contract";
import type { CreateSigninOptions } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SigninFixture } from "../testing/signin-fixture.ts";

let fixture: SigninFixture;
beforeEach(async () => {
  fixture = await SigninFixture.start();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const LOGIN = "https://login.example.org/authorize?x=1";
const READY = { type: "files_ready" as const, paths: [".tool/auth.json"] };
const tool = (more = {}): CreateSigninOptions => ({
  provider: "tool",
  settings: {
    recipe: "cli",
    command: ["tool", "login"],
    answers: [{ when: "go on\\?", type: "y" }],
    urlPrefix: "https://login.example.org/",
    files: [
      { path: ".tool/auth.json", jsonKeys: ["tokens.refresh"] },
      { path: ".tool/more.json", optional: true },
    ],
    account: { path: ".tool/auth.json", key: "tokens.id", claim: "email" },
    ...more,
  },
});
const file = (path: string, content: unknown): SecretFile => ({
  path,
  mode: 0o600,
  data: Buffer.from(typeof content === "string" ? content : JSON.stringify(content)).toString("base64"),
});
const idToken = (email: string) => `x.${Buffer.from(JSON.stringify({ email })).toString("base64url")}.x`;
const AUTH = { tokens: { refresh: "secret of the tool", id: idToken("me@example.org") } };

const endOf = (id: string) => fixture.endOf(id);

/** Begun, and what its tool asks has been opened. */
async function beginTool(request = tool()) {
  const { id } = await fixture.signins.create(request);
  await expect.poll(() => fixture.guest.jobs.length, { timeout: 10_000 }).toBe(1);
  fixture.guest.tool({ type: "url", url: LOGIN, by: "printed" });
  return fixture.reaches(id, "awaiting_user");
}

describe("a tool that signs in", () => {
  test("has its address opened, and its files become a connection of the account that they name", async () => {
    const { id, guide } = await beginTool();
    expect(guide?.url).toBe(LOGIN);
    expect(fixture.api.host.navigated).toEqual([LOGIN]);
    expect(fixture.guest.jobs[0]?.request).toMatchObject({
      command: ["tool", "login"],
      prompts: [{ pattern: "go on\\?", answer: "y\r", times: 1 }],
      urlPattern: "^https://login\\.example\\.org/".replaceAll("/", "\\/"),
    });
    fixture.guest.files = [file(".tool/auth.json", AUTH), file("not/asked.for", "x")];
    fixture.guest.tool(READY);
    const { connectionId } = await fixture.reaches(id, "completed");
    expect(await endOf(id)).toBe("completed");
    expect(await fixture.connections()).toMatchObject([
      { id: connectionId, kind: "files", provider: "tool", subject: "me@example.org" },
    ]);
    const bytes = fixture.api.databaseBytes().toString("latin1");
    for (const written of [bytes, fixture.api.logged]) expect(written).not.toContain("secret of the tool");
    const { sessions, connections } = fixture.api.admin;
    const session = await sessions.create();
    await session.waitFor("ready");
    await connections.use(connectionId ?? "", session.id);
    expect(fixture.api.host.secrets).toEqual([file(".tool/auth.json", AUTH)]);
  });

  test.each<[string, SecretFile[]]>([
    ["no JSON", [file(".tool/auth.json", "{")]],
    ["JSON without its token", [file(".tool/auth.json", { tokens: { id: idToken("me") } })]],
    ["nobody's name", [file(".tool/auth.json", { tokens: { refresh: "r" } })]],
    ["nothing", []],
  ])("with %s in its files: a named end, and nothing is stored", async (_, files) => {
    const { id } = await beginTool();
    fixture.guest.files = files;
    fixture.guest.tool(READY);
    expect(await endOf(id)).toBe("failed: SIGNIN_CAPTURE_INVALID");
    expect(await fixture.connections()).toEqual([]);
  });

  test("with a file that is larger than any may be, from a guest that does not say so itself", async () => {
    const { id } = await beginTool();
    fixture.guest.files = [file(".tool/auth.json", AUTH), file(".tool/more.json", "x".repeat(262_147))];
    fixture.guest.tool(READY);
    expect(await endOf(id)).toBe("failed: PROTOCOL_ERROR");
    expect(await fixture.connections()).toEqual([]);
  });

  test.each(["FILE_REFUSED", "FILE_TOO_LARGE"] as const)("whose file is %s in the guest", async (code) => {
    const { id } = await beginTool();
    fixture.guest.refuseFiles = code;
    fixture.guest.tool(READY);
    expect(await endOf(id)).toBe(`failed: ${code}`);
  });

  test("that ends, at once or while somebody signs in, or whose host breaks off", async () => {
    const first = await fixture.signins.create(tool());
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 10_000 }).toBe(1);
    fixture.guest.fail("SIGNIN_TOOL_MISSING");
    expect(await endOf(first.id)).toBe("failed: SIGNIN_TOOL_MISSING");
    const second = await beginTool();
    fixture.guest.fail("SIGNIN_TOOL_ENDED");
    expect(await endOf(second.id)).toBe("failed: SIGNIN_TOOL_ENDED");
    const third = await beginTool();
    fixture.guest.hangUp();
    expect(await endOf(third.id)).toBe("failed: SIGNIN_GUEST_FAILED");
  }, 20_000);

  test.each([
    "SIGNIN_TOOL_INSTALL_FAILED",
    "SIGNIN_TOOL_FLOODS",
    "SIGNIN_FILES_MISSING",
    "SIGNIN_FILE_MALFORMED",
    "SIGNIN_FILE_UNSTABLE",
    // It asks what no pattern fits, and waits for ever.
    "SIGNIN_JOB_TIMED_OUT",
  ] as const)("of which the guest says %s: that is its end", async (code) => {
    const { id } = await beginTool();
    fixture.guest.fail(code);
    expect(await endOf(id)).toBe(`failed: ${code}`);
  });

  test("is installed before it runs, where its recipe says so, as a step of its own", async () => {
    const { steps } = await beginTool(tool({ install: ["get", "tool"] }));
    expect(steps.map(({ step }) => step)).toEqual(["session", "prepare", "install", "open", "user"]);
    expect(fixture.guest.jobs[0]?.request).toMatchObject({ install: { command: ["get", "tool"] } });
  });

  test("that asks for another address than its recipe knows", async () => {
    const { id } = await fixture.signins.create(tool());
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 10_000 }).toBe(1);
    fixture.guest.tool({ type: "url", url: "https://evil.example/", by: "opened" });
    expect(await endOf(id)).toBe("failed: SIGNIN_TOOL_UNEXPECTED");
    expect(fixture.api.host.navigated).toEqual([]);
  });

  test("is not carried on when the controller was restarted, and says so", async () => {
    const { id } = await beginTool();
    await fixture.api.restartController();
    expect(await endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
  });

  test("ours are known by name", async () => {
    const names = (await fixture.signins.providers()).map(({ name, kind }) => `${name} ${kind}`);
    expect(names).toEqual(["codex files", "claude_code files", "gemini_cli files"]);
  });
});

describe("a web login", () => {
  const origins = ["https://example.org"];
  const web = (more = {}): CreateSigninOptions => ({
    provider: "web",
    subject: "me",
    settings: { recipe: "cookies", url: "https://example.org/login", origins, ...more },
  });
  const cookie = (name: string, domain = "example.org") => ({
    ...{ name, domain, value: "secret of the site", path: "/", secure: true, httpOnly: true },
  });

  test("is captured when somebody confirms: what was named, and nothing of other sites", async () => {
    const { id, guide } = await fixture.begin(web());
    expect(guide).toMatchObject({ needsConfirm: true, url: "https://example.org/login" });
    fixture.guest.state = {
      cookies: [cookie("session"), cookie("all", ".example.org"), cookie("other", "evil.example")],
      storage: [
        { origin: "https://example.org", localStorage: { a: "b" } },
        { origin: "https://evil.example", localStorage: { a: "b" } },
      ],
    };
    await fixture.signins.confirm(id);
    const { connectionId } = await fixture.reaches(id, "completed");
    expect(await endOf(id)).toBe("completed");
    expect(await fixture.connections()).toMatchObject([{ id: connectionId, kind: "cookies", subject: "me" }]);
    await expect(fixture.signins.confirm(id)).rejects.toMatchObject({ code: "SIGNIN_WRONG_STATE" });
    // As before, if it is the same account: nobody can tell but the one who asks.
    const again = await fixture.begin({ connection: connectionId ?? "", subject: "me" });
    await fixture.signins.confirm(again.id);
    expect(await fixture.reaches(again.id, "completed")).toMatchObject({ connectionId });
    await fixture.isOver(again.id);
    const unsaid = await fixture.begin({ connection: connectionId ?? "" });
    await fixture.signins.confirm(unsaid.id);
    expect(await endOf(unsaid.id)).toBe("failed: SIGNIN_SUBJECT_MISMATCH");
  });

  test("is captured by itself when a cookie is there, also after a restart", async () => {
    const { id } = await fixture.begin(web({ doneCookie: "session" }));
    await fixture.api.restartController();
    fixture.guest.state = { cookies: [cookie("session")], storage: [] };
    await fixture.reaches(id, "completed");
    expect(await endOf(id)).toBe("completed");
  });

  test("is not captured in another browser than that in which somebody signed in", async () => {
    const { id } = await fixture.begin(web());
    fixture.guest.state = { cookies: [cookie("session")], storage: [] };
    fixture.guest.onCapture = () => {
      fixture.guest.browser = { pid: 701, painted: true, atStart: true };
    };
    await fixture.signins.confirm(id);
    expect(await endOf(id)).toBe("failed: SIGNIN_GUEST_FAILED");
    expect(await fixture.connections()).toEqual([]);
  });

  test("whose VM dies while it is captured has lost its session, whoever hears of it first", async () => {
    const { id } = await fixture.begin(web());
    fixture.guest.onCapture = () => {
      const [vm = ""] = fixture.api.host.vms.keys();
      fixture.api.host.tell(vm, "failed", { code: "VMM_DIED", message: "gone", fix: "" });
      throw new BrowserVmError("VM_NOT_READY", "it is failed");
    };
    await fixture.signins.confirm(id);
    expect(await endOf(id)).toBe("failed: SIGNIN_SESSION_LOST");
  });

  test("that left nothing is said to be so", async () => {
    const { id } = await fixture.begin(web());
    fixture.guest.state = { cookies: [cookie("other", "evil.example")], storage: [] };
    await fixture.signins.confirm(id);
    expect(await endOf(id)).toBe("failed: SIGNIN_CAPTURE_INVALID");
    expect(await fixture.connections()).toEqual([]);
  });
});
