import { SessionId } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { openStore, type Store } from "../store/store.ts";
import { Authenticator } from "./authenticator.ts";
import { SOCKET_PRINCIPAL } from "./principal.ts";

const id = SessionId.parse(`ses_${"a".repeat(20)}`);
const SPEC = { role: "control", ttlSeconds: 300, oneTime: false, name: "Ann" } as const;
const fail = () => {
  throw new Error("the link was not good");
};
let store: Store;
let authenticator: Authenticator;
beforeEach(async () => {
  store = await openStore(":memory:");
  authenticator = new Authenticator(store);
});
afterEach(() => store.destroy());

describe("who came by a link", () => {
  test("is known by it, with cookie and with token, until it is revoked", async () => {
    const { token, id: linkId } = await authenticator.viewTokens.create(id, SPEC);
    const signedIn = await authenticator.login(token);
    const bearer = await authenticator.identify({ bearer: token });
    const known = { linkId, name: "Ann", sessionId: id, canControl: true };
    expect(signedIn.principal).toMatchObject({ kind: "cookie", ...known });
    expect(bearer).toMatchObject({ kind: "view-token", ...known });
    if (!bearer) return;
    expect(await authenticator.isStillGood(signedIn.principal)).toBe(true);
    expect(await authenticator.isStillGood(bearer)).toBe(true);
    await authenticator.viewTokens.revoke(id, linkId);
    expect(await authenticator.isStillGood(signedIn.principal)).toBe(false);
    expect(await authenticator.isStillGood(bearer)).toBe(false);
    expect(await authenticator.identify({ cookie: signedIn.cookie })).toBeUndefined();
    expect(await authenticator.identify({ queryToken: token })).toBeUndefined();
  });

  test("has no sign-in that was made while the link was revoked", async () => {
    const { token, id: linkId } = await authenticator.viewTokens.create(id, SPEC);
    const grant = await authenticator.viewTokens.use(token);
    await authenticator.viewTokens.revoke(id, linkId);
    await expect(authenticator.webSessions.create({ grant: grant ?? fail() })).rejects.toMatchObject({
      code: "LOGIN_TOKEN_SPENT",
    });
  });

  test("keeps a view that a one-time link opened", async () => {
    const { token } = await authenticator.viewTokens.create(id, { ...SPEC, oneTime: true });
    const principal = await authenticator.identify({ queryToken: token });
    expect(principal && (await authenticator.isStillGood(principal))).toBe(true);
    expect(await authenticator.identify({ queryToken: token })).toBeUndefined();
  });
});

test("operators have no link", async () => {
  const maker = { principal: SOCKET_PRINCIPAL, by: SYSTEM };
  const { secret } = await authenticator.keyDesk.create({ name: "ci" }, maker);
  expect(await authenticator.identify({ bearer: secret })).toMatchObject({ linkId: null, name: "ci" });
  const { principal } = await authenticator.webSessions.create({ operator: true });
  expect(principal).toMatchObject({ role: "admin", linkId: null, name: null });
});
