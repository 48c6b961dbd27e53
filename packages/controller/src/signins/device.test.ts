import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type DeviceAnswer, DeviceProvider } from "../testing/device-provider.ts";
import { PERSON } from "../testing/login-pages.ts";
import { LoginProvider } from "../testing/login-provider.ts";
import { Person } from "../testing/person.ts";
import { NOTHING, oauthAt, SigninFixture } from "../testing/signin-fixture.ts";
import { signinStore } from "./signin-store.ts";

const PATIENCE_MS = 40_000;
const PENDING = "authorization_pending";

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

const begin = () =>
  fixture.begin({ provider: "test", settings: { ...oauthAt(provider), flow: "device" as const } });

async function endOf(id: string): Promise<string> {
  const { state, reason, connectionId } = await fixture.isOver(id, PATIENCE_MS);
  if (state !== "completed") expect(connectionId).toBeNull();
  const error = reason?.details?.error;
  return [state, reason?.code, error].filter(Boolean).join(" ");
}

test(
  "a code for a device is shown, a person approves it, and tokens come, also after a restart",
  async () => {
    const [first, second] = [await begin(), await begin()];
    expect(first.guide?.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(fixture.api.host.navigated[0]).toContain(`user_code=${first.guide?.userCode}`);
    await new Person().approve(first.guide?.url ?? "", first.guide?.userCode ?? "");
    await fixture.api.restartController();
    await new Person().approve(second.guide?.url ?? "", second.guide?.userCode ?? "", { gives: "abort" });
    expect(await endOf(first.id)).toBe("completed");
    expect(await endOf(second.id)).toBe("failed SIGNIN_PROVIDER_ERROR access_denied");
    const [connection] = await fixture.connections();
    expect(connection).toMatchObject({ subject: PERSON.name, kind: "oauth", health: "ok" });
    await fixture.api.admin.connections.refresh(connection?.id ?? "");
    const { accessToken } = await fixture.api.admin.connections.token(connection?.id ?? "");
    expect(await provider.knows(accessToken)).toBe(true);
    expect(await fixture.remains()).toEqual(NOTHING);
  },
  PATIENCE_MS,
);

/** How such a sign-in ends, and the whole seconds between polls. */
async function ends(answers: DeviceAnswer[], about = {}): Promise<{ end: string; gaps: number[] }> {
  await using standIn = await DeviceProvider.start(answers, about);
  const { id } = await fixture.signins.create({ provider: "test", settings: standIn.settings });
  return { end: await endOf(id), gaps: standIn.gaps };
}

test(
  "a provider is asked as often as it says, later when it wants that or does not answer; its no and its time have names",
  async () => {
    const [patient, slower, slowAndAway, away, denied, expired, silent, lasting] = await Promise.all([
      ends([PENDING, PENDING, "tokens"], { interval: 2 }),
      ends([PENDING, "slow_down", PENDING, "tokens"]),
      ends(["slow_down", "hang up", "tokens"], { interval: 0.1 }),
      ends(["hang up", "tokens"]),
      ends([PENDING, "access_denied"]),
      ends(["expired_token"]),
      ends([PENDING], { expiresIn: 3 }),
      // A month, and so more milliseconds than a timer counts.
      ends([PENDING, "tokens"], { expiresIn: 2_592_000 }),
    ]);
    const asSaid = (...seconds: number[]) => ({
      end: "completed",
      // Never sooner; a machine that is busy may be later.
      gaps: seconds.map((least) => expect.toSatisfy((gap: number) => gap >= least)),
    });
    expect(patient).toEqual(asSaid(2, 2));
    expect(slower).toEqual(asSaid(1, 6, 6));
    // What it wanted is not forgotten with a connection that breaks, which costs 5 s of its own.
    expect(slowAndAway).toEqual(asSaid(5, 10));
    expect(away).toEqual(asSaid(6));
    expect(denied.end).toBe("failed SIGNIN_PROVIDER_ERROR access_denied");
    expect(expired.end).toBe("failed SIGNIN_PROVIDER_ERROR expired_token");
    expect(silent.end).toBe("failed SIGNIN_PROVIDER_ERROR expired_token");
    expect(lasting).toEqual(asSaid(1));
    expect(silent.gaps.length).toBeLessThanOrEqual(3);
    expect(await fixture.remains()).toEqual(NOTHING);
  },
  PATIENCE_MS,
);

test(
  "a provider that wants to be asked more rarely is not asked as before after a restart",
  async () => {
    await using standIn = await DeviceProvider.start(["slow_down", PENDING, "tokens"]);
    const { id } = await fixture.begin({ provider: "test", settings: standIn.settings });
    const version = () => fixture.api.withStore(async (store) => (await signinStore.row(store, id)).version);
    const before = await version();
    await expect.poll(() => standIn.polls.length, { timeout: 9000 }).toBe(1);
    await expect.poll(version).toBeGreaterThan(before);
    await fixture.api.restartController();
    expect(await endOf(id)).toBe("completed");
    for (const gap of standIn.gaps) expect(gap).toBeGreaterThanOrEqual(6);
  },
  PATIENCE_MS,
);
