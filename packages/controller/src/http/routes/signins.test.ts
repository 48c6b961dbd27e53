import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SigninFixture } from "../../testing/signin-fixture.ts";

let fixture: SigninFixture;
let red: BrowserVM;
let blue: BrowserVM;
beforeEach(async () => {
  fixture = await SigninFixture.start();
  [red, blue] = [await ofProject("red"), await ofProject("blue")];
  fixture.guest.state = { cookies: [COOKIE], storage: [] };
});
afterEach(() => fixture[Symbol.asyncDispose]());

const ORIGIN = "https://shop.example";
const COOKIE = {
  ...{ name: "sid", value: "secret", domain: "shop.example", path: "/", expires: -1 },
  ...{ httpOnly: true, secure: true, sameSite: "Lax" as const },
};
const request = (more = {}) => ({
  provider: "shop",
  settings: { recipe: "cookies" as const, url: `${ORIGIN}/login`, origins: [ORIGIN] },
  ...more,
});

async function ofProject(project: string): Promise<BrowserVM> {
  const { secret } = await fixture.api.admin.keys.create({ name: project, project });
  return new BrowserVM({ baseUrl: fixture.api.url, apiKey: secret, retries: 0 });
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code?: string }) => error.code ?? String(error),
  );
const codesOf = async (works: Promise<unknown>[]) => new Set(await Promise.all(works.map(codeOf)));

async function firstEvent(bvm: BrowserVM, id: string): Promise<string> {
  for await (const { subject } of bvm.signins.events(id, { after: 0 })) return subject;
  return "none";
}

/** Begun by it, and ready for its person. */
async function begun(bvm: BrowserVM, more = {}) {
  const { id } = await bvm.signins.create(request(more));
  return fixture.reaches(id, "awaiting_user");
}

test("the sign-ins of a project are not there for another: not to see, read, follow, confirm, give up or retry", async () => {
  const theirs = await begun(blue);
  const ours = await begun(red);
  const foreign = () => [
    red.signins.get(theirs.id),
    red.signins.heartbeat(theirs.id),
    red.signins.confirm(theirs.id),
    red.signins.cancel(theirs.id),
    red.signins.retry(theirs.id),
    red.signins.list({ cursor: theirs.id }),
    firstEvent(red, theirs.id),
  ];
  expect(await codesOf(foreign())).toEqual(new Set(["SIGNIN_NOT_FOUND"]));
  expect(await codeOf(red.signins.get(`sgn_${"z".repeat(20)}`))).toBe("SIGNIN_NOT_FOUND");
  expect(await codeOf(red.sessions.get(theirs.sessionId ?? ""))).toBe("SESSION_NOT_FOUND");
  const idsOf = async (bvm: BrowserVM, project?: string) =>
    (await bvm.signins.list(project === undefined ? {} : { project })).data.map(({ id }) => id);
  expect(await idsOf(red)).toEqual([ours.id]);
  expect(await idsOf(blue)).toEqual([theirs.id]);
  expect(await idsOf(fixture.api.admin)).toEqual([ours.id, theirs.id]);
  expect(await idsOf(fixture.api.admin, "blue")).toEqual([theirs.id]);
  expect(await codeOf(red.signins.list({ project: "blue" }))).toBe("FORBIDDEN");
  expect(await codeOf(red.signins.create(request({ project: "blue" })))).toBe("FORBIDDEN");
  // Nothing of that was done, and it cannot be when it is over either.
  expect(await blue.signins.get(theirs.id)).toMatchObject({ state: "awaiting_user", abandonedAt: null });
  await blue.signins.cancel(theirs.id);
  expect(await codesOf(foreign())).toEqual(new Set(["SIGNIN_NOT_FOUND"]));
  expect(await firstEvent(blue, theirs.id)).toBe(theirs.id);
});

test("nobody hears of another project's sign-ins in the stream of everything", async () => {
  const theirs = await begun(blue);
  const ours = await begun(red);
  const subjects = new Set<string>();
  for await (const { subject, type, data } of red.events({ after: 0 })) {
    subjects.add(subject);
    if (type === "signin.step" && data.step === "user") break;
  }
  expect(subjects).toContain(ours.id);
  for (const foreign of [theirs.id, theirs.sessionId]) expect(subjects).not.toContain(foreign);
});

test("its session and its connection are of its project", async () => {
  const { id, project, sessionId } = await begun(red);
  expect(project).toBe("red");
  expect(await red.sessions.get(sessionId ?? "")).toMatchObject({ project: "red" });
  await red.signins.confirm(id);
  const { connectionId } = await fixture.reaches(id, "completed");
  expect(await red.connections.get(connectionId ?? "")).toMatchObject({ project: "red", kind: "cookies" });
  expect(await codeOf(blue.connections.get(connectionId ?? ""))).toBe("CONNECTION_NOT_FOUND");
});

test("a connection is renewed in its own project, whoever asks", async () => {
  const first = await begun(blue);
  await blue.signins.confirm(first.id);
  const { connectionId: connection } = await fixture.reaches(first.id, "completed");
  expect(await codeOf(red.signins.create(request({ connection })))).toBe("CONNECTION_NOT_FOUND");
  const inRed = fixture.signins.create(request({ connection, project: "red" }));
  expect(await codeOf(inRed)).toBe("CONNECTION_UNSUITABLE");
  expect((await fixture.signins.list()).data).toHaveLength(1);
  const again = await begun(fixture.api.admin, { connection });
  expect(again.project).toBe("blue");
  expect(await blue.sessions.get(again.sessionId ?? "")).toMatchObject({ project: "blue" });
});

test("who moves a sign-in to another project in the database learns nothing of how it is done", async () => {
  const { id } = await begun(blue);
  await blue.signins.cancel(id);
  await fixture.api.withStore((store) =>
    store.updateTable("signin").set({ project: "red" }).where("id", "=", id).execute(),
  );
  expect(await codeOf(red.signins.retry(id))).toBe("SIGNIN_INTERRUPTED");
});

test("an attempt is told in the audit log by who asked for it", async () => {
  const { id } = await begun(blue);
  await blue.signins.cancel(id);
  await fixture.signins.retry(id);
  await fixture.reaches(id, "awaiting_user");
  await fixture.signins.confirm(id);
  await fixture.reaches(id, "completed");
  const entries = (await fixture.api.admin.audit.list()).data.reverse();
  const actors = new Map(entries.map(({ action, actor }) => [action, actor.kind]));
  expect(actors.get("signin.started")).toBe("key");
  for (const action of ["signin.retried", "signin.completed", "connection.created"] as const)
    expect(actors.get(action), action).toBe("socket");
});
