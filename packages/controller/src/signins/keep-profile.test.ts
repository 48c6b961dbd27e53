import type { CreateSigninOptions } from "@browservm/sdk";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NOTHING, SigninFixture } from "../testing/signin-fixture.ts";

let fixture: SigninFixture;
beforeEach(async () => {
  fixture = await SigninFixture.start();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const web = (more = {}): CreateSigninOptions => ({
  ...{ provider: "web", subject: "me", profile: "signed-in", ...more },
  settings: { recipe: "cookies", url: "https://example.org/login", origins: ["https://example.org"] },
});
const cookie = {
  name: "session",
  domain: "example.org",
  value: "v",
  path: "/",
  secure: true,
  httpOnly: true,
};
const profiles = async () => (await fixture.api.admin.profiles.list()).data;

/** Somebody has signed in, or has not. */
async function confirmed(request: CreateSigninOptions, cookies = [cookie]): Promise<string> {
  const { id } = await fixture.begin(request);
  fixture.guest.state = { cookies, storage: [] };
  await fixture.signins.confirm(id);
  const { state, reason } = await fixture.isOver(id);
  return reason ? `${state}: ${reason.code}` : state;
}

test("a sign-in leaves its browser as a profile, and says so", async () => {
  expect(await confirmed(web())).toBe("completed");
  const [signin] = (await fixture.signins.list()).data;
  expect(signin).toMatchObject({ profile: "signed-in", connectionId: expect.stringMatching(/^con_/) });
  expect(signin?.steps.map(({ step }) => step).slice(-3)).toEqual(["capture", "profile", "store"]);
  expect(await profiles()).toMatchObject([
    { name: "signed-in", version: 1, savedFrom: signin?.sessionId, writer: null },
  ]);
  await expect(fixture.signins.create(web())).rejects.toMatchObject({ code: "PROFILE_EXISTS" });
});

test("one that captures nothing leaves none, and one whose profile cannot be saved no connection either", async () => {
  expect(await confirmed(web(), [{ ...cookie, domain: "evil.example" }])).toBe(
    "failed: SIGNIN_CAPTURE_INVALID",
  );
  expect(await profiles()).toEqual([]);
  fixture.api.host.profiles.refuseRead = "GUEST_CALL_FAILED";
  expect(await confirmed(web())).toBe("failed: PROFILE_SAVE_FAILED");
  expect([await profiles(), await fixture.connections()]).toEqual([[], []]);
});

test("one whose connection cannot be stored takes its profile back", async () => {
  await fixture.api.restartController({ vault: { ...fixture.api.config.vault, connections: 1 } });
  const { id } = await fixture.begin(web());
  expect(await confirmed(web({ profile: undefined, subject: "another" }))).toBe("completed");
  fixture.guest.state = { cookies: [cookie], storage: [] };
  await fixture.signins.confirm(id);
  const { reason } = await fixture.isOver(id);
  expect(reason?.code).toBe("CONNECTION_LIMIT");
  expect(await profiles()).toEqual([]);
});

test("one that is begun anew is refused at once when somebody has taken its profile's name meanwhile", async () => {
  const { id } = await fixture.begin(web());
  await fixture.signins.cancel(id);
  const taker = await fixture.api.admin.sessions.create({});
  await taker.waitFor("ready");
  await fixture.api.admin.profiles.save(taker.id, { saveAs: "signed-in" });
  await expect(fixture.signins.retry(id)).rejects.toMatchObject({ code: "PROFILE_EXISTS" });
  expect(await fixture.signins.get(id)).toMatchObject({ state: "cancelled", attempt: 1, canRetry: true });
  const [profile] = await profiles();
  await fixture.api.admin.profiles.remove(profile?.id ?? "");
  expect(await fixture.signins.retry(id)).toMatchObject({ state: "starting", attempt: 2 });
});

/** A sign-in whose controller is killed between its profile and its connection, and is not there yet. */
async function cutOff(): Promise<string> {
  const files = [{ path: ".tool/auth.json", jsonKeys: [] }];
  const settings = { recipe: "cli" as const, command: ["tool"], files };
  const { id } = await fixture.signins.create({ provider: "test", profile: "signed-in", settings });
  const { sessionId } = await fixture.until(id, ({ steps }) => steps.at(-1)?.step === "prepare");
  await fixture.api.admin.profiles.save(sessionId ?? "", { saveAs: "signed-in" });
  await fixture.api.stopController();
  await fixture.api.withStore((store) =>
    store.updateTable("signin").set({ state: "capturing" }).where("id", "=", id).execute(),
  );
  return id;
}

test("one that is cut off between its profile and its connection leaves neither", async () => {
  const id = await cutOff();
  await fixture.api.startController();
  expect(await fixture.endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
  expect(await profiles()).toEqual([]);
});

test("its profile is taken back also while its session cannot be ended, which is tried again", async () => {
  const id = await cutOff();
  await fixture.api.host.stop();
  await fixture.api.startController();
  await fixture.until(id, ({ endedAt }) => endedAt !== null);
  await expect.poll(profiles).toEqual([]);
  expect(await fixture.signins.get(id)).toMatchObject({ sessionOver: false });
  await fixture.api.host.start();
  await fixture.api.restartController(); // it looks at once
  expect(await fixture.endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
});

test("its session is ended also while its profile cannot be taken back, which is tried again", async () => {
  const id = await cutOff();
  await fixture.api.withStore((store) =>
    sql`create trigger kept before delete on profile begin select raise(abort, 'kept'); end`.execute(store),
  );
  await fixture.api.startController();
  await expect.poll(() => fixture.remains(), { timeout: 9000 }).toEqual(NOTHING);
  expect(await fixture.signins.get(id)).toMatchObject({ state: "failed", sessionOver: false });
  expect(await profiles()).toHaveLength(1);
  await fixture.api.withStore((store) => sql`drop trigger kept`.execute(store));
  await fixture.api.restartController();
  expect(await fixture.endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
  expect(await profiles()).toEqual([]);
});

test("only who may write profiles is given one", async () => {
  const scopes = ["sessions:write", "connections:write", "profiles:use"] as const;
  const client = await fixture.api.keyed({ project: "blue", scopes });
  await expect(client.signins.create(web())).rejects.toMatchObject({ code: "FORBIDDEN" });
});
