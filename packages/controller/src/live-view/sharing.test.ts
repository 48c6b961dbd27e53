import { CLOSE_CODES, type ViewToken } from "@browservm/contract";
import { BrowserVM, type SessionHandle } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestController } from "../testing/test-controller.ts";
import { closed, opened, refusal } from "../testing/web-sockets.ts";

const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]);
const key = (down: number, keysym = 0x61) => Buffer.from([4, down, 0, 0, 0, 0, 0, keysym]);
const LOOK = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);

let t: TestController;
let session: SessionHandle;
let operator: BrowserVM;
/** What each connection to the guest has heard. */
let guests: { heard: Buffer }[];
let sockets: WebSocket[];

beforeEach(async () => {
  guests = [];
  sockets = [];
  t = await TestController.start();
  t.host.streamEnd = (socket) => {
    const guest = { heard: Buffer.alloc(0) };
    guests.push(guest);
    socket.on("data", (chunk: Buffer) => {
      guest.heard = Buffer.concat([guest.heard, chunk]);
    });
  };
  operator = await t.user();
  session = await operator.sessions.create();
  await session.waitFor("ready");
});
afterEach(async () => {
  for (const ws of sockets) ws.terminate();
  await t[Symbol.asyncDispose]();
});

const viewerId = (letter: string) => `vwr_${letter.repeat(20)}`;

interface Way {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

function connect({ query = {}, headers = {} }: Way): WebSocket {
  const path = `/v1/sessions/${session.id}/vnc?${new URLSearchParams(query)}`;
  const ws = new WebSocket(t.url.replace("http", "ws") + path, { headers });
  sockets.push(ws);
  return ws;
}

/** An open view that has said hello, and what its guest hears. */
async function view(way: Way) {
  const at = guests.length;
  const ws = await opened(connect(way));
  const guest = () => guests[at]?.heard.subarray(HELLO.length) ?? Buffer.alloc(0);
  ws.send(HELLO);
  return { ws, guest, end: closed(ws) };
}

const byToken = (token: string, viewer: string): Way => ({ query: { token, viewer: viewerId(viewer) } });
async function byCookie(token: string, viewer: string) {
  const { cookie, csrfToken } = await t.login(token);
  const way = { query: { viewer: viewerId(viewer) }, headers: { cookie, origin: t.url } };
  return { way, headers: { cookie, "x-csrf-token": csrfToken } };
}
const guestClient = (token: string) => new BrowserVM({ baseUrl: t.url, apiKey: token, retries: 0 });
const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 10 }).toEqual(wanted);
const refusedAs = (code: string) => expect.objectContaining({ code });
const holders = async () =>
  (await session.listViewers()).viewers.filter(({ hasControl }) => hasControl).map(({ id }) => id);

describe("the control", () => {
  test("is one viewer's: another's input does not reach the guest before it has it, and does then", async () => {
    const { token } = await session.createViewToken();
    const a = await view(byToken(token, "a"));
    const b = await view(byToken(token, "b"));
    a.ws.send(key(1));
    b.ws.send(Buffer.concat([key(1, 0x62), LOOK]));
    await until(() => b.guest(), LOOK);
    await until(() => a.guest(), key(1));
    const { viewers } = await session.control({ action: "give", viewer: viewerId("a"), to: viewerId("b") });
    expect(viewers).toMatchObject([{ hasControl: false }, { hasControl: true }]);
    // The key that was held is let go; nothing more of it comes through.
    await until(() => a.guest(), Buffer.concat([key(1), key(0)]));
    a.ws.send(Buffer.concat([key(0), key(1), LOOK]));
    b.ws.send(key(1, 0x63));
    await until(() => a.guest(), Buffer.concat([key(1), key(0), LOOK]));
    await until(() => b.guest(), Buffer.concat([LOOK, key(1, 0x63)]));
  });

  test("stays with a viewer that comes again; its older connection is closed as replaced", async () => {
    const { token } = await session.createViewToken();
    const first = await view(byToken(token, "a"));
    await view(byToken(token, "b"));
    const again = await view(byToken(token, "a"));
    expect((await first.end).code).toBe(CLOSE_CODES.replaced);
    again.ws.terminate();
    const third = await view(byToken(token, "a"));
    third.ws.send(key(1));
    await until(() => third.guest(), key(1));
    expect(await holders()).toEqual([viewerId("a")]);
  });

  test("is asked for, refused, let go and taken, each by who may", async () => {
    const { token } = await session.createViewToken({ name: "Ann" });
    const ann = await byCookie(token, "a");
    const bob = await session.createViewToken({ name: "Bob" });
    await view(ann.way);
    await view(byToken(bob.token, "b"));
    const [a, b] = [viewerId("a"), viewerId("b")];
    const annAsks = async (body: object) =>
      (await t.fetch("POST", `/v1/sessions/${session.id}/control`, { body, headers: ann.headers })).json();
    const asBob = guestClient(bob.token).sessions;
    const { viewers } = await asBob.control(session.id, { action: "ask", viewer: b });
    expect(viewers).toMatchObject([
      { name: "Ann", hasControl: true },
      { name: "Bob", asksSince: expect.any(String) },
    ]);
    expect(await annAsks({ action: "refuse", viewer: b })).toMatchObject({
      viewers: [{}, { asksSince: null }],
    });
    await asBob.control(session.id, { action: "ask", viewer: b });
    await annAsks({ action: "release", viewer: a });
    expect(await holders()).toEqual([b]);
    await asBob.control(session.id, { action: "give", viewer: b, to: a });
    expect(await holders()).toEqual([a]);
    await session.control({ action: "take", viewer: b });
    expect(await holders()).toEqual([b]);
    await session.control({ action: "release", viewer: b });
    expect(await holders()).toEqual([]);
    await asBob.control(session.id, { action: "ask", viewer: b });
    expect(await holders()).toEqual([b]);
  });

  test("is refused to who may not do that with it", async () => {
    const ann = await session.createViewToken();
    const bob = await session.createViewToken();
    const looker = await session.createViewToken({ role: "view" });
    await view(byToken(looker.token, "l"));
    expect(await holders()).toEqual([]);
    await view(byToken(ann.token, "a"));
    await view(byToken(bob.token, "b"));
    const [a, b, l] = [viewerId("a"), viewerId("b"), viewerId("l")];
    const asBob = guestClient(bob.token).sessions;
    const asLooker = guestClient(looker.token).sessions;
    const refused = [
      () => asBob.control(session.id, { action: "take", viewer: b }),
      () => asBob.control(session.id, { action: "ask", viewer: a }),
      () => asBob.control(session.id, { action: "release", viewer: a }),
      () => asBob.control(session.id, { action: "give", viewer: a, to: b }),
      () => asBob.control(session.id, { action: "give", viewer: b, to: b }),
      () => asBob.control(session.id, { action: "refuse", viewer: a }),
      () => asLooker.control(session.id, { action: "ask", viewer: l }),
      () => asLooker.control(session.id, { action: "take", viewer: l }),
      () => session.control({ action: "take", viewer: l }),
      () => session.control({ action: "give", viewer: a, to: l }),
    ];
    for (const attempt of refused) await expect(attempt()).rejects.toMatchObject({ code: "CONTROL_REFUSED" });
    expect(await holders()).toEqual([a]);
  });

  test("has one holder when two take it at once", async () => {
    const { token } = await session.createViewToken();
    for (const letter of ["a", "b", "c"]) await view(byToken(token, letter));
    await Promise.all(
      ["b", "c", "b", "c"].map((letter) => session.control({ action: "take", viewer: viewerId(letter) })),
    );
    expect(await holders()).toHaveLength(1);
  });

  test("without it, what is not RFB ends the view", async () => {
    const { token } = await session.createViewToken();
    await view(byToken(token, "a"));
    const b = await view(byToken(token, "b"));
    b.ws.send(Buffer.from([99]));
    expect((await b.end).code).toBe(CLOSE_CODES.protocolError);
  });

  test("when it is lost by who was not understood, its view ends", async () => {
    const { token } = await session.createViewToken();
    const a = await view(byToken(token, "a"));
    await view(byToken(token, "b"));
    a.ws.send(Buffer.from([99]));
    await until(() => a.guest(), Buffer.from([99]));
    await session.control({ action: "take", viewer: viewerId("b") });
    expect((await a.end).code).toBe(CLOSE_CODES.protocolError);
  });
});

test("a view whose display may be in the middle of a message is closed when the control is lost", async () => {
  const { token } = await session.createViewToken();
  const a = await view(byToken(token, "a"));
  await view(byToken(token, "b"));
  const moreButtons = Buffer.from([5, 0x81, 0, 10, 0, 20, 1]);
  a.ws.send(moreButtons);
  await until(() => a.guest(), moreButtons);
  await session.control({ action: "take", viewer: viewerId("b") });
  expect((await a.end).code).toBe(CLOSE_CODES.streamLost);
});

describe("viewers", () => {
  test("are called as their link or key is, and come with nothing secret", async () => {
    const link = await session.createViewToken({ name: "  Ann  " });
    const nameless = await session.createViewToken({ role: "view" });
    const { secret } = await t.admin.createApiKey({ name: "ci\n\u202ebot" });
    await view(byToken(link.token, "a"));
    await view(byToken(nameless.token, "b"));
    await view({ headers: { "x-api-key": secret } });
    const { cookie } = await t.signIn();
    await view({ headers: { cookie, origin: t.url } });
    const { viewers } = await guestClient(nameless.token).sessions.listViewers(session.id);
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
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const path = `/v1/sessions/${session.id}/streams/port-80`;
    const ws = new WebSocket(t.url.replace("http", "ws") + path, { headers: { "x-api-key": secret } });
    sockets.push(await opened(ws));
    expect(await session.listViewers()).toEqual({ viewers: [] });
  });

  test("cannot come under another's id, nor under none", async () => {
    const ann = await session.createViewToken();
    const bob = await session.createViewToken();
    await view(byToken(ann.token, "a"));
    expect(await refusal(connect(byToken(bob.token, "a")))).toEqual({ status: 403, code: "FORBIDDEN" });
    for (const viewer of ["vwr_short", "ses_aaaaaaaaaaaaaaaaaaaa", "", "vwr_../../../../../../etc"]) {
      expect(await refusal(connect({ query: { token: bob.token, viewer } }))).toMatchObject({
        code: "BAD_REQUEST",
      });
    }
    expect((await session.listViewers()).viewers).toHaveLength(1);
  });

  test("are refused by name when there are too many, and operators still come in", async () => {
    const { token } = await session.createViewToken();
    await Promise.all(Array.from({ length: 64 }, () => opened(connect({ query: { token } }))));
    expect(await refusal(connect({ query: { token } }))).toEqual({ status: 429, code: "TOO_MANY_VIEWERS" });
    const { cookie } = await t.signIn();
    await opened(connect({ headers: { cookie, origin: t.url } }));
    const page = await operator.metrics();
    expect(page).toContain("\nbrowservm_viewers 65\n");
  });

  test("are told as events, the last of which says all", async () => {
    const { token } = await session.createViewToken();
    const told = session.events({ after: 0 });
    await view(byToken(token, "a"));
    const b = await view(byToken(token, "b"));
    await session.control({ action: "take", viewer: viewerId("b") });
    for await (const { type, data } of told) {
      const viewers = (data.viewers ?? []) as { id: string; hasControl: boolean }[];
      if (type === "session.viewers" && viewers.at(1)?.hasControl) break;
    }
    b.ws.terminate();
    const stored = () =>
      t.withStore((store) =>
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
    const { token, id } = await session.createViewToken();
    const ann = await byCookie(token, "a");
    const a = await view(ann.way);
    const second = await view({ ...ann.way, query: { viewer: viewerId("c") } });
    const other = await byCookie(token, "b");
    await view(other.way);
    await session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    expect((await second.end).code).toBe(CLOSE_CODES.removed);
    expect(await refusal(connect(ann.way))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await holders()).toEqual([]);
    expect((await session.listViewers()).viewers).toMatchObject([{ id: viewerId("b") }]);
    expect((await session.listViewLinks()).links).toMatchObject([{ id, revokedAt: null }]);
  });

  test("that were sent away and used the link itself take the link with them", async () => {
    const { token } = await session.createViewToken();
    const a = await view(byToken(token, "a"));
    await session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    expect(await refusal(connect(byToken(token, "a")))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await session.listViewLinks()).links).toMatchObject([{ revokedAt: expect.any(String) }]);
  });

  test("that are operators are sent away, and may come back", async () => {
    const { cookie } = await t.signIn();
    const way = { query: { viewer: viewerId("a") }, headers: { cookie, origin: t.url } };
    const a = await view(way);
    await session.removeViewer(viewerId("a"));
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    await view(way);
    expect(await holders()).toEqual([viewerId("a")]);
  });

  test("that are none: refused by name", async () => {
    const { token } = await session.createViewToken();
    const absent = viewerId("z");
    const notFound = { code: "VIEWER_NOT_FOUND", status: 404 };
    await expect(session.removeViewer(absent)).rejects.toMatchObject(notFound);
    await expect(session.control({ action: "ask", viewer: absent })).rejects.toMatchObject(notFound);
    await view(byToken(token, "a"));
    await expect(session.removeViewer(absent)).rejects.toMatchObject(notFound);
    await expect(
      session.control({ action: "give", viewer: viewerId("a"), to: absent }),
    ).rejects.toMatchObject(notFound);
    await expect(session.removeViewer("nobody")).rejects.toEqual(refusedAs("BAD_REQUEST"));
    const odd = { action: "steal", viewer: absent } as unknown as { action: "ask"; viewer: string };
    await expect(session.control(odd)).rejects.toEqual(refusedAs("BAD_REQUEST"));
    const nowhere = `ses_${"a".repeat(20)}`;
    await expect(operator.sessions.listViewers(nowhere)).rejects.toEqual(refusedAs("SESSION_NOT_FOUND"));
  });
});

describe("links", () => {
  test("are listed without their secrets, the newest first, each with its session only", async () => {
    const other = await operator.sessions.create();
    await other.createViewToken();
    const first = await session.createViewToken({ name: "Ann", role: "view", oneTime: true });
    const second = await session.createViewToken({ ttlSeconds: 604_800 });
    await t.login(first.token);
    const { links } = await session.listViewLinks();
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
    const gone = await session.createViewToken();
    const kept = await session.createViewToken();
    const ann = await byCookie(gone.token, "a");
    const ways = [ann.way, byToken(gone.token, "b"), { headers: { authorization: `Bearer ${gone.token}` } }];
    const views = [];
    for (const way of ways) views.push(await view(way));
    const stays = await view(byToken(kept.token, "k"));
    await session.revokeViewLink(gone.id);
    for (const { end } of views) expect((await end).code).toBe(CLOSE_CODES.removed);
    for (const way of ways) expect(await refusal(connect(way))).toMatchObject({ code: "UNAUTHENTICATED" });
    const login = await t.fetch("POST", "/v1/login", { body: { token: gone.token } });
    expect(await login.json()).toMatchObject({ code: "LOGIN_TOKEN_SPENT" });
    expect(stays.ws.readyState).toBe(WebSocket.OPEN);
    expect((await session.listViewers()).viewers).toMatchObject([{ id: viewerId("k") }]);
    const [, revoked] = (await session.listViewLinks()).links;
    expect(revoked).toMatchObject({ id: gone.id, revokedAt: expect.any(String) });
    await session.revokeViewLink(gone.id);
    expect((await session.listViewLinks()).links[1]).toEqual(revoked);
  });

  test("that are none, or another session's: refused by name", async () => {
    const other = await operator.sessions.create();
    const { id } = await other.createViewToken();
    await expect(session.revokeViewLink(id)).rejects.toMatchObject({
      code: "VIEW_LINK_NOT_FOUND",
      status: 404,
    });
    await expect(session.revokeViewLink("lnk_x")).rejects.toEqual(refusedAs("BAD_REQUEST"));
    expect((await other.listViewLinks()).links).toMatchObject([{ revokedAt: null }]);
  });

  test("are not for guests to see, to revoke, or to send others away by", async () => {
    const { token, id }: ViewToken = await session.createViewToken();
    await view(byToken(token, "a"));
    const guest = guestClient(token).sessions;
    for (const attempt of [
      () => guest.listViewLinks(session.id),
      () => guest.revokeViewLink(session.id, id),
      () => guest.removeViewer(session.id, viewerId("a")),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  test("are for nobody whose name has control characters, or is none", async () => {
    for (const name of ["a\u0007b", "a\u001b[31mb", "a\nb", "a\u202eb", "", "   ", "x".repeat(61)])
      await expect(session.createViewToken({ name })).rejects.toEqual(refusedAs("BAD_REQUEST"));
    for (const name of ["Zoë", "김", "👩‍👩‍👧", "x".repeat(60)]) await session.createViewToken({ name });
  });
});
