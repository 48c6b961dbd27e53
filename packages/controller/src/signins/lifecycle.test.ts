import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { paths } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LoginProvider } from "../testing/login-provider.ts";
import { Person } from "../testing/person.ts";
import { oauthAt, SigninFixture } from "../testing/signin-fixture.ts";

let provider: LoginProvider;
let fixture: SigninFixture;
beforeAll(async () => {
  provider = await LoginProvider.start();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(async () => {
  fixture = await SigninFixture.start();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const request = (more = {}) => ({ provider: "test", settings: oauthAt(provider), ...more });
const signIn = (url: string | null | undefined) => new Person().signIn(url ?? "");

const endOf = (id: string) => fixture.endOf(id);

/** Changes its row as if time had passed. */
const passTime = (id: string, columns: { expires_at?: string; heartbeat_at?: string }) =>
  fixture.api.withStore((store) => store.updateTable("signin").set(columns).where("id", "=", id).execute());
const PAST = new Date(0).toISOString();

describe("before there is a VM", () => {
  const refusal = (body: Parameters<typeof fixture.signins.create>[0]) =>
    fixture.signins.create(body).then(
      () => "begun",
      (error: { code: string }) => error.code,
    );
  const nothingBegan = async () => {
    expect(fixture.api.host.created).toEqual([]);
    expect((await fixture.signins.list()).data).toEqual([]);
  };

  test("a vault that is locked is said", async () => {
    const { admin, config } = fixture.api;
    await admin.connections.create({ kind: "files", provider: "t", files: [{ path: "a", data: "YQ==" }] });
    await fixture.api.stopController();
    rmSync(paths(config).vaultKey);
    await fixture.api.startController();
    expect(await refusal(request())).toBe("VAULT_LOCKED");
    await nothingBegan();
  });

  test("a provider that nobody knows, and settings that cannot work", async () => {
    expect(await refusal({ provider: "nobody" })).toBe("SIGNIN_PROVIDER_UNKNOWN");
    expect(await refusal({})).toBe("BAD_REQUEST");
    const { issuer: _, ...client } = {
      ...oauthAt(provider).client,
      tokenEndpoint: "https://a.example/token",
    };
    const noIssuer = { ...oauthAt(provider), client };
    expect(await refusal({ provider: "test", settings: noIssuer })).toBe("SIGNIN_SETTINGS_INVALID");
    const own = { ...oauthAt(provider), parameters: { redirect_uri: "https://evil.example" } };
    expect(await refusal({ provider: "test", settings: own })).toBe("BAD_REQUEST");
    await nothingBegan();
  });

  test("a connection that is not there, of another kind, another provider, or another issuer", async () => {
    const { connections } = fixture.api.admin;
    expect(await refusal(request({ connection: `con_${"a".repeat(20)}` }))).toBe("CONNECTION_NOT_FOUND");
    const files = [{ path: "a", data: "YQ==" }];
    const tool = await connections.create({ kind: "files", provider: "test", files });
    expect(await refusal(request({ connection: tool.id }))).toBe("CONNECTION_UNSUITABLE");
    const oauth = (name: string, issuer: string) =>
      connections.create({
        kind: "oauth",
        provider: name,
        client: { issuer, clientId: "app" },
        tokens: { accessToken: "a" },
      });
    const other = await oauth("other", provider.issuer);
    expect(await refusal(request({ connection: other.id }))).toBe("CONNECTION_UNSUITABLE");
    const foreign = await oauth("test", "https://evil.example");
    expect(await refusal(request({ connection: foreign.id }))).toBe("CONNECTION_UNSUITABLE");
    await nothingBegan();
  });

  test("more than may go on at one time", async () => {
    await fixture.api.restartController({ signins: { atOnce: 1, providers: [] } });
    const { id } = await fixture.begin(request());
    expect(await refusal(request())).toBe("SIGNIN_LIMIT");
    await fixture.signins.cancel(id);
    expect((await fixture.begin(request())).attempt).toBe(1);
  });
});

describe("a sign-in that nobody ends", () => {
  test("is given up at its deadline, and can be retried", async () => {
    const { id, sessionId } = await fixture.begin(request());
    await passTime(id, { expires_at: PAST });
    expect(await endOf(id)).toBe("timed_out: SIGNIN_TIMED_OUT");
    const { attempt, canRetry } = await fixture.signins.retry(id);
    expect({ attempt, canRetry }).toEqual({ attempt: 2, canRetry: false });
    const again = await fixture.reaches(id, "awaiting_user");
    expect(again.sessionId).not.toBe(sessionId);
    fixture.guest.answer(await signIn(again.guide?.url));
    await fixture.reaches(id, "completed");
    expect(await endOf(id)).toBe("completed");
    await expect(fixture.signins.retry(id)).rejects.toMatchObject({ code: "SIGNIN_WRONG_STATE" });
  });

  test("is given up when its page sends no more heartbeats, not before it sent one", async () => {
    const { id, abandonedAt } = await fixture.begin(request({ heartbeatSeconds: 15 }));
    expect(abandonedAt).toBeNull();
    const beaten = await fixture.signins.heartbeat(id);
    expect(Date.parse(beaten.abandonedAt ?? "")).toBeGreaterThan(Date.now() + 10_000);
    await passTime(id, { heartbeat_at: new Date(Date.now() - 16_000).toISOString() });
    expect(await endOf(id)).toBe("timed_out: SIGNIN_ABANDONED");
  });

  test("can be cancelled, twice, and then its late answer is of no use", async () => {
    const { id } = await fixture.begin(request());
    expect((await fixture.signins.cancel(id)).sessionOver).toBe(true);
    expect((await fixture.signins.cancel(id)).state).toBe("cancelled");
    expect(await endOf(id)).toBe("cancelled");
    expect(await fixture.connections()).toEqual([]);
  });

  test("can be cancelled while its VM starts, however slowly hostd makes it", async () => {
    fixture.api.host.createMs = 400;
    const { id } = await fixture.signins.create(request());
    await fixture.until(id, ({ steps }) => steps.length > 0);
    await fixture.signins.cancel(id);
    expect(await endOf(id)).toBe("cancelled");
    expect(fixture.api.host.created).toHaveLength(1);
  });
});

describe("what breaks under a sign-in", () => {
  test("no room for its session", async () => {
    fixture.api.host.refuseCreate = "SLOTS_EXHAUSTED";
    const { id } = await fixture.signins.create(request());
    expect(await endOf(id)).toBe("failed: SLOTS_EXHAUSTED");
  });

  test("its VM dies, or somebody ends its session", async () => {
    const first = await fixture.begin(request());
    const [vm = ""] = fixture.api.host.vms.keys();
    fixture.api.host.tell(vm, "failed", { code: "VMM_DIED", message: "gone", fix: "" });
    expect(await fixture.isOver(first.id)).toMatchObject({
      state: "failed",
      reason: { code: "SIGNIN_SESSION_LOST", details: { reason: "VMM_DIED" } },
    });
    const second = await fixture.begin(request());
    await fixture.api.admin.sessions.end(second.sessionId ?? "");
    expect(await endOf(second.id)).toBe("failed: SIGNIN_SESSION_LOST");
  });

  test("the guest's listener says that it cannot, or that it listens elsewhere", async () => {
    const first = await fixture.begin(request());
    fixture.guest.fail("SIGNIN_JOB_TIMED_OUT");
    expect(await endOf(first.id)).toBe("failed: SIGNIN_JOB_TIMED_OUT");
    // No port, and a foreign origin: the provider would be told to send the code there.
    fixture.guest.port = 0;
    const second = await fixture.signins.create(request());
    expect(await endOf(second.id)).toBe("failed: SIGNIN_GUEST_FAILED");
    fixture.guest.port = 45_678;
    fixture.guest.origin = "http://evil.example:45678";
    const third = await fixture.signins.create(request());
    expect(await endOf(third.id)).toBe("failed: SIGNIN_GUEST_FAILED");
    expect(fixture.api.host.navigated).toHaveLength(1);
  });

  test("hostd is restarted: the guest listens again at the same address", async () => {
    const { id, guide } = await fixture.begin(request());
    const answer = await signIn(guide?.url);
    await fixture.api.host.stop();
    await expect.poll(() => fixture.guest.jobs.length).toBe(0);
    await fixture.api.host.start();
    fixture.guest.port = 50_000;
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 5000 }).toBe(1);
    expect(fixture.guest.jobs[0]?.request).toMatchObject({ port: 45_678 });
    fixture.guest.answer(answer);
    await fixture.reaches(id, "completed");
  });

  test("the listener in the guest dies: it listens again at the same address", async () => {
    const { id, guide } = await fixture.begin(request());
    fixture.guest.fail("SIGNIN_JOB_BROKEN");
    await expect.poll(() => fixture.guest.jobs.length).toBe(0);
    fixture.guest.port = 50_000;
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 5000 }).toBe(1);
    expect(fixture.guest.jobs[0]?.request).toMatchObject({ port: 45_678 });
    fixture.guest.answer(await signIn(guide?.url));
    await fixture.reaches(id, "completed");
  });

  test("its browser dies: the next one has the same page", async () => {
    const { id, guide } = await fixture.begin(request());
    fixture.guest.browser = { pid: 701, painted: true, atStart: true };
    const { navigated } = fixture.api.host;
    await expect.poll(() => navigated, { timeout: 8000 }).toEqual([guide?.url, guide?.url]);
    fixture.guest.answer(await signIn(guide?.url));
    await fixture.reaches(id, "completed");
  });

  test("hostd is away when it is over: its session ends as soon as it is back", async () => {
    const { id } = await fixture.begin(request());
    await fixture.api.host.stop();
    const { state, sessionOver } = await fixture.signins.cancel(id);
    expect({ state, sessionOver }).toEqual({ state: "cancelled", sessionOver: false });
    await fixture.api.host.start();
    expect(await endOf(id)).toBe("cancelled");
  }, 30_000);
});

describe("the controller is restarted", () => {
  test("while somebody signs in: it is carried on, with the same address and the same VM", async () => {
    const { id, sessionId, guide } = await fixture.begin(request());
    const answer = await signIn(guide?.url);
    await fixture.api.stopController();
    fixture.guest.hangUp();
    await fixture.api.startController();
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 15_000 }).toBe(1);
    expect(fixture.guest.jobs[0]?.request).toMatchObject({ port: 45_678, path: "/callback" });
    expect(fixture.api.host.navigated).toHaveLength(1);
    fixture.guest.answer(answer);
    expect(await fixture.reaches(id, "completed")).toMatchObject({ sessionId, attempt: 1 });
    expect(await endOf(id)).toBe("completed");
    expect(await fixture.connections()).toHaveLength(1);
  });

  test("while a code is exchanged: it says so, and stores nothing", async () => {
    const { id, guide } = await fixture.begin(request());
    provider.misbehave = () => new Promise(() => {});
    fixture.guest.answer(await signIn(guide?.url));
    await fixture.reaches(id, "capturing");
    await fixture.api.stopController();
    provider.misbehave = undefined;
    await fixture.api.startController();
    expect(await endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
    expect(await fixture.connections()).toEqual([]);
    expect((await fixture.signins.retry(id)).attempt).toBe(2);
  });

  test("without its key: what went on fails by that name, and its session ends", async () => {
    const { id } = await fixture.begin(request());
    await fixture.api.stopController();
    rmSync(paths(fixture.api.config).vaultKey);
    await fixture.api.startController();
    expect(await endOf(id)).toBe("failed: VAULT_LOCKED");
  });

  test("with another key: what went on fails by that name, and its session ends", async () => {
    const { id } = await fixture.begin(request());
    await fixture.api.stopController();
    const other = `1:${randomBytes(32).toString("base64")}\n`;
    writeFileSync(paths(fixture.api.config).vaultKey, other, { mode: 0o600 });
    await fixture.api.startController();
    expect(await endOf(id)).toBe("failed: VAULT_KEY_WRONG");
  });

  test("after a rotation of the key: what went on is carried on, what had failed can be retried", async () => {
    const over = await fixture.begin(request());
    await fixture.signins.cancel(over.id);
    const { id, guide } = await fixture.begin(request());
    await rotated();
    await fixture.api.restartController();
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 15_000 }).toBe(1);
    fixture.guest.answer(await signIn(guide?.url));
    expect(await fixture.reaches(id, "completed")).toMatchObject({ attempt: 1 });
    expect(await endOf(id)).toBe("completed");
    await fixture.signins.retry(over.id);
    expect(await fixture.reaches(over.id, "awaiting_user")).toMatchObject({ attempt: 2 });
  }, 30_000);

  test("in the middle of a rotation: the rest of it follows, and nothing was lost", async () => {
    const { id, guide } = await fixture.begin(request());
    const before = await sealedParts(id);
    await rotated();
    await fixture.api.stopController();
    // As if it had been killed before this sign-in got the new key, and before the old one was removed.
    const { vaultKey } = paths(fixture.api.config);
    writeFileSync(vaultKey, `${keyOfVersion1}\n${readFileSync(vaultKey, "utf8")}`);
    await fixture.api.withStore((store) =>
      store.updateTable("signin").set(before).where("id", "=", id).execute(),
    );
    await fixture.api.startController();
    await expect.poll(async () => (await sealedParts(id)).key_version, { timeout: 15_000 }).toBe(2);
    await expect.poll(() => readFileSync(vaultKey, "utf8"), { timeout: 15_000 }).toMatch(/^2:[^:]+$/);
    await expect.poll(() => fixture.guest.jobs.length, { timeout: 15_000 }).toBe(1);
    fixture.guest.answer(await signIn(guide?.url));
    await fixture.reaches(id, "completed");
  }, 30_000);
});

let keyOfVersion1 = "";

const sealedParts = (id: string) =>
  fixture.api.withStore((store) =>
    store
      .selectFrom("signin")
      .select(["key_version", "wrapped_key"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow(),
  );

/** The master key's next version is in use, and the one before is gone. */
async function rotated(): Promise<void> {
  const read = () => readFileSync(paths(fixture.api.config).vaultKey, "utf8").trim();
  keyOfVersion1 = read();
  await fixture.api.admin.vault.rotate();
  await expect.poll(read).toMatch(/^2:[^:]+$/);
}
