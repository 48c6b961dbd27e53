import type { CreateSigninOptions } from "@browservm/sdk";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SigninFixture } from "../testing/signin-fixture.ts";

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

test("one that is cut off between its profile and its connection leaves neither", async () => {
  const files = [{ path: ".tool/auth.json", jsonKeys: [] }];
  const settings = { recipe: "cli" as const, command: ["tool"], files };
  const { id } = await fixture.signins.create({ provider: "test", profile: "signed-in", settings });
  const { sessionId } = await fixture.until(id, ({ steps }) => steps.at(-1)?.step === "prepare");
  await fixture.api.admin.profiles.save(sessionId ?? "", { saveAs: "signed-in" });
  await fixture.api.stopController();
  await fixture.api.withStore((store) =>
    store.updateTable("signin").set({ state: "capturing" }).where("id", "=", id).execute(),
  );
  await fixture.api.startController();
  expect(await fixture.endOf(id)).toBe("failed: SIGNIN_INTERRUPTED");
  expect(await profiles()).toEqual([]);
});

test("only who may write profiles is given one", async () => {
  const scopes = ["sessions:write", "connections:write", "profiles:use"] as const;
  const client = await fixture.api.keyed({ project: "blue", scopes });
  await expect(client.signins.create(web())).rejects.toMatchObject({ code: "FORBIDDEN" });
});
