import { CLOSE_CODES, type ViewToken } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { byToken, SharingFixture, viewerId } from "../testing/sharing-fixture.ts";
import { opened, refusal } from "../testing/web-sockets.ts";

const refusedAs = (code: string) => expect.objectContaining({ code });

let f: SharingFixture;
beforeEach(async () => {
  f = await SharingFixture.start();
});
afterEach(() => f[Symbol.asyncDispose]());

describe("viewers", () => {
  test("are called as their link or key is, and come with nothing secret", async () => {
    const link = await f.session.createViewToken({ name: "  Ann  " });
    const nameless = await f.session.createViewToken({ role: "view" });
    const { secret } = await f.t.admin.createApiKey({ name: "ci\n\u202ebot" });
    await f.view(byToken(link.token, "a"));
    await f.view(byToken(nameless.token, "b"));
    await f.view({ headers: { "x-api-key": secret } });
    const { cookie } = await f.t.signIn();
    await f.view({ headers: { cookie, origin: f.t.url } });
    const { viewers } = await f.guestClient(nameless.token).sessions.listViewers(f.session.id);
    expect(viewers).toMatchObject([
      { id: viewerId("a"), name: "Ann", via: "link", linkId: link.id, canControl: true, hasControl: true },
      { id: viewerId("b"), name: "guest", via: "link", linkId: nameless.id, canControl: false },
      { name: "ci bot", via: "operator", linkId: null, canControl: true, hasControl: false },
      { name: "operator", via: "operator", linkId: null, canControl: true },
    ]);
    for (const text of [link.token, nameless.token, secret, cookie]) {
      expect(JSON.stringify(viewers)).not.toContain(text);
    }
  });

  test("only look at the display: other services have none", async () => {
    const { secret } = await f.t.admin.createApiKey({ name: "k" });
    const path = `/v1/sessions/${f.session.id}/streams/port-80`;
    const ws = new WebSocket(f.t.url.replace("http", "ws") + path, { headers: { "x-api-key": secret } });
    f.sockets.push(await opened(ws));
    expect(await f.session.listViewers()).toEqual({ viewers: [] });
  });

  test("cannot come under another's id, nor under none", async () => {
    const ann = await f.session.createViewToken();
    const bob = await f.session.createViewToken();
    await f.view(byToken(ann.token, "a"));
    expect(await refusal(f.connect(byToken(bob.token, "a")))).toEqual({ status: 403, code: "FORBIDDEN" });
    for (const viewer of ["vwr_short", "ses_aaaaaaaaaaaaaaaaaaaa", "", "vwr_../../../../../../etc"]) {
      expect(await refusal(f.connect({ query: { token: bob.token, viewer } }))).toMatchObject({
        code: "BAD_REQUEST",
      });
    }
    expect((await f.session.listViewers()).viewers).toHaveLength(1);
  });

  test("are refused by name when there are too many, and operators still come in", async () => {
    const { token } = await f.session.createViewToken();
    await Promise.all(Array.from({ length: 64 }, () => opened(f.connect({ query: { token } }))));
    expect(await refusal(f.connect({ query: { token } }))).toEqual({ status: 429, code: "TOO_MANY_VIEWERS" });
    const { cookie } = await f.t.signIn();
    await opened(f.connect({ headers: { cookie, origin: f.t.url } }));
    const page = await f.operator.metrics();
    expect(page).toContain("\nbrowservm_viewers 65\n");
  });

  test("are told as events, the last of which says all", async () => {
    const { token } = await f.session.createViewToken();
    const told = f.session.events({ after: 0 });
    await f.view(byToken(token, "a"));
    const b = await f.view(byToken(token, "b"));
    await f.session.control({ action: "take", viewer: viewerId("b") });
    for await (const { type, data } of told) {
      const viewers = (data.viewers ?? []) as { id: string; hasControl: boolean }[];
      if (type === "session.viewers" && viewers.at(1)?.hasControl) break;
    }
    b.ws.terminate();
    const stored = () =>
      f.t.withStore((store) =>
        store.selectFrom("event").select("data_json").where("type", "=", "session.viewers").execute(),
      );
    const rows = await stored();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.data_json).not.toContain(token);
    expect(JSON.parse(rows[0]?.data_json ?? "")).toMatchObject({
      viewers: [{ id: viewerId("a") }, { id: viewerId("b") }],
    });
  });

  test("are sent away by operators: who came by a link has lost its sign-in, not the link", async () => {
    const { token, id } = await f.session.createViewToken();
    const ann = await f.byCookie(token, "a");
    const a = await f.view(ann.way);
    const second = await f.view({ ...ann.way, query: { viewer: viewerId("c") } });
    const other = await f.byCookie(token, "b");
    await f.view(other.way);
    await f.session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    expect((await second.end).code).toBe(CLOSE_CODES.removed);
    expect(await refusal(f.connect(ann.way))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await f.holders()).toEqual([]);
    expect((await f.session.listViewers()).viewers).toMatchObject([{ id: viewerId("b") }]);
    expect((await f.session.listViewLinks()).links).toMatchObject([{ id, revokedAt: null }]);
  });

  test("that were sent away and used the link itself take the link with them", async () => {
    const { token } = await f.session.createViewToken();
    const a = await f.view(byToken(token, "a"));
    await f.session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    expect(await refusal(f.connect(byToken(token, "a")))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await f.session.listViewLinks()).links).toMatchObject([{ revokedAt: expect.any(String) }]);
  });

  test("that are operators are sent away, and may come back", async () => {
    const { cookie } = await f.t.signIn();
    const way = { query: { viewer: viewerId("a") }, headers: { cookie, origin: f.t.url } };
    const a = await f.view(way);
    await f.session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    await f.view(way);
    expect(await f.holders()).toEqual([viewerId("a")]);
  });

  test("that are none: refused by name", async () => {
    const { token } = await f.session.createViewToken();
    const absent = viewerId("z");
    const notFound = { code: "VIEWER_NOT_FOUND", status: 404 };
    await expect(f.session.removeViewer(absent)).rejects.toMatchObject(notFound);
    await expect(f.session.control({ action: "ask", viewer: absent })).rejects.toMatchObject(notFound);
    await f.view(byToken(token, "a"));
    await expect(f.session.removeViewer(absent)).rejects.toMatchObject(notFound);
    await expect(
      f.session.control({ action: "give", viewer: viewerId("a"), to: absent }),
    ).rejects.toMatchObject(notFound);
    await expect(f.session.removeViewer("nobody")).rejects.toEqual(refusedAs("BAD_REQUEST"));
    const odd = { action: "steal", viewer: absent } as unknown as { action: "ask"; viewer: string };
    await expect(f.session.control(odd)).rejects.toEqual(refusedAs("BAD_REQUEST"));
    const nowhere = `ses_${"a".repeat(20)}`;
    await expect(f.operator.sessions.listViewers(nowhere)).rejects.toEqual(refusedAs("SESSION_NOT_FOUND"));
  });
});

describe("links", () => {
  test("are listed without their secrets, the newest first, each with its session only", async () => {
    const other = await f.operator.sessions.create();
    await other.createViewToken();
    const first = await f.session.createViewToken({ name: "Ann", role: "view", oneTime: true });
    const second = await f.session.createViewToken({ ttlSeconds: 604_800 });
    await f.t.login(first.token);
    const { links } = await f.session.listViewLinks();
    expect(links).toEqual([
      expect.objectContaining({ id: second.id, role: "control", name: null, spentAt: null, revokedAt: null }),
      {
        id: first.id,
        role: "view",
        oneTime: true,
        name: "Ann",
        createdAt: expect.any(String),
        expiresAt: first.expiresAt,
        spentAt: expect.any(String),
        revokedAt: null,
      },
    ]);
    expect(JSON.stringify(links)).not.toContain("bvv_");
  });

  test("are revoked: their views are closed, their sign-ins gone, and nobody comes by them any more", async () => {
    const gone = await f.session.createViewToken();
    const kept = await f.session.createViewToken();
    const ann = await f.byCookie(gone.token, "a");
    const ways = [ann.way, byToken(gone.token, "b"), { headers: { authorization: `Bearer ${gone.token}` } }];
    const views = [];
    for (const way of ways) views.push(await f.view(way));
    const stays = await f.view(byToken(kept.token, "k"));
    await f.session.revokeViewLink(gone.id);
    for (const { end } of views) expect((await end).code).toBe(CLOSE_CODES.removed);
    for (const way of ways) expect(await refusal(f.connect(way))).toMatchObject({ code: "UNAUTHENTICATED" });
    const login = await f.t.fetch("POST", "/v1/login", { body: { token: gone.token } });
    expect(await login.json()).toMatchObject({ code: "LOGIN_TOKEN_SPENT" });
    expect(stays.ws.readyState).toBe(WebSocket.OPEN);
    expect((await f.session.listViewers()).viewers).toMatchObject([{ id: viewerId("k") }]);
    const [, revoked] = (await f.session.listViewLinks()).links;
    expect(revoked).toMatchObject({ id: gone.id, revokedAt: expect.any(String) });
    await f.session.revokeViewLink(gone.id);
    expect((await f.session.listViewLinks()).links[1]).toEqual(revoked);
  });

  test("that are none, or another session's: refused by name", async () => {
    const other = await f.operator.sessions.create();
    const { id } = await other.createViewToken();
    await expect(f.session.revokeViewLink(id)).rejects.toMatchObject({
      code: "VIEW_LINK_NOT_FOUND",
      status: 404,
    });
    await expect(f.session.revokeViewLink("lnk_x")).rejects.toEqual(refusedAs("BAD_REQUEST"));
    expect((await other.listViewLinks()).links).toMatchObject([{ revokedAt: null }]);
  });

  test("are not for guests to see, to revoke, or to send others away by", async () => {
    const { token, id }: ViewToken = await f.session.createViewToken();
    await f.view(byToken(token, "a"));
    const guest = f.guestClient(token).sessions;
    for (const attempt of [
      () => guest.listViewLinks(f.session.id),
      () => guest.revokeViewLink(f.session.id, id),
      () => guest.removeViewer(f.session.id, viewerId("a")),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  test("are for nobody whose name has control characters, or is none", async () => {
    for (const name of ["a\u0007b", "a\u001b[31mb", "a\nb", "a\u202eb", "", "   ", "x".repeat(61)])
      await expect(f.session.createViewToken({ name })).rejects.toEqual(refusedAs("BAD_REQUEST"));
    for (const name of ["Zoë", "김", "👩‍👩‍👧", "x".repeat(60)]) await f.session.createViewToken({ name });
  });
});
