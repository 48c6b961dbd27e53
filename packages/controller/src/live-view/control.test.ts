import { CLOSE_CODES } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { byToken, SharingFixture, viewerId } from "../testing/sharing-fixture.ts";

const key = (down: number, keysym = 0x61) => Buffer.from([4, down, 0, 0, 0, 0, 0, keysym]);
const LOOK = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);
const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 10 }).toEqual(wanted);

let f: SharingFixture;
beforeEach(async () => {
  f = await SharingFixture.start();
});
afterEach(() => f[Symbol.asyncDispose]());

describe("the control", () => {
  test("is one viewer's: another's input does not reach the guest before it has it, and does then", async () => {
    const { token } = await f.session.createViewToken();
    const a = await f.view(byToken(token, "a"));
    const b = await f.view(byToken(token, "b"));
    a.ws.send(key(1));
    b.ws.send(Buffer.concat([key(1, 0x62), LOOK]));
    await until(() => b.guest(), LOOK);
    await until(() => a.guest(), key(1));
    const { viewers } = await f.session.control({ action: "give", viewer: viewerId("a"), to: viewerId("b") });
    expect(viewers).toMatchObject([{ hasControl: false }, { hasControl: true }]);
    // The key that was held is let go; nothing more of it comes through.
    await until(() => a.guest(), Buffer.concat([key(1), key(0)]));
    a.ws.send(Buffer.concat([key(0), key(1), LOOK]));
    b.ws.send(key(1, 0x63));
    await until(() => a.guest(), Buffer.concat([key(1), key(0), LOOK]));
    await until(() => b.guest(), Buffer.concat([LOOK, key(1, 0x63)]));
  });

  test("stays with a viewer that comes again; its older connection is closed as replaced", async () => {
    const { token } = await f.session.createViewToken();
    const first = await f.view(byToken(token, "a"));
    await f.view(byToken(token, "b"));
    const again = await f.view(byToken(token, "a"));
    expect((await first.end).code).toBe(CLOSE_CODES.replaced);
    again.ws.terminate();
    const third = await f.view(byToken(token, "a"));
    third.ws.send(key(1));
    await until(() => third.guest(), key(1));
    expect(await f.holders()).toEqual([viewerId("a")]);
  });

  test("is asked for, refused, let go and taken, each by who may", async () => {
    const { token } = await f.session.createViewToken({ name: "Ann" });
    const ann = await f.byCookie(token, "a");
    const bob = await f.session.createViewToken({ name: "Bob" });
    await f.view(ann.way);
    await f.view(byToken(bob.token, "b"));
    const [a, b] = [viewerId("a"), viewerId("b")];
    const annAsks = async (body: object) =>
      (
        await f.t.fetch("POST", `/v1/sessions/${f.session.id}/control`, { body, headers: ann.headers })
      ).json();
    const asBob = f.guestClient(bob.token).sessions;
    const { viewers } = await asBob.control(f.session.id, { action: "ask", viewer: b });
    expect(viewers).toMatchObject([
      { name: "Ann", hasControl: true },
      { name: "Bob", asksSince: expect.any(String) },
    ]);
    expect(await annAsks({ action: "refuse", viewer: b })).toMatchObject({
      viewers: [{}, { asksSince: null }],
    });
    await asBob.control(f.session.id, { action: "ask", viewer: b });
    await annAsks({ action: "release", viewer: a });
    expect(await f.holders()).toEqual([b]);
    await asBob.control(f.session.id, { action: "give", viewer: b, to: a });
    expect(await f.holders()).toEqual([a]);
    await f.session.control({ action: "take", viewer: b });
    expect(await f.holders()).toEqual([b]);
    await f.session.control({ action: "release", viewer: b });
    expect(await f.holders()).toEqual([]);
    await asBob.control(f.session.id, { action: "ask", viewer: b });
    expect(await f.holders()).toEqual([b]);
  });

  test("is refused to who may not do that with it", async () => {
    const ann = await f.session.createViewToken();
    const bob = await f.session.createViewToken();
    const looker = await f.session.createViewToken({ role: "view" });
    await f.view(byToken(looker.token, "l"));
    expect(await f.holders()).toEqual([]);
    await f.view(byToken(ann.token, "a"));
    await f.view(byToken(bob.token, "b"));
    const [a, b, l] = [viewerId("a"), viewerId("b"), viewerId("l")];
    const asBob = f.guestClient(bob.token).sessions;
    const asLooker = f.guestClient(looker.token).sessions;
    const refused = [
      () => asBob.control(f.session.id, { action: "take", viewer: b }),
      () => asBob.control(f.session.id, { action: "ask", viewer: a }),
      () => asBob.control(f.session.id, { action: "release", viewer: a }),
      () => asBob.control(f.session.id, { action: "give", viewer: a, to: b }),
      () => asBob.control(f.session.id, { action: "give", viewer: b, to: b }),
      () => asBob.control(f.session.id, { action: "refuse", viewer: a }),
      () => asLooker.control(f.session.id, { action: "ask", viewer: l }),
      () => asLooker.control(f.session.id, { action: "take", viewer: l }),
      () => f.session.control({ action: "take", viewer: l }),
      () => f.session.control({ action: "give", viewer: a, to: l }),
    ];
    for (const attempt of refused) await expect(attempt()).rejects.toMatchObject({ code: "CONTROL_REFUSED" });
    expect(await f.holders()).toEqual([a]);
  });

  test("has one holder when two take it at once", async () => {
    const { token } = await f.session.createViewToken();
    for (const letter of ["a", "b", "c"]) await f.view(byToken(token, letter));
    await Promise.all(
      ["b", "c", "b", "c"].map((letter) => f.session.control({ action: "take", viewer: viewerId(letter) })),
    );
    expect(await f.holders()).toHaveLength(1);
  });

  test("without it, what is not RFB ends the view", async () => {
    const { token } = await f.session.createViewToken();
    await f.view(byToken(token, "a"));
    const b = await f.view(byToken(token, "b"));
    b.ws.send(Buffer.from([99]));
    expect((await b.end).code).toBe(CLOSE_CODES.protocolError);
  });

  test("when it is lost by who was not understood, its view ends", async () => {
    const { token } = await f.session.createViewToken();
    const a = await f.view(byToken(token, "a"));
    await f.view(byToken(token, "b"));
    a.ws.send(Buffer.from([99]));
    await until(() => a.guest(), Buffer.from([99]));
    await f.session.control({ action: "take", viewer: viewerId("b") });
    expect((await a.end).code).toBe(CLOSE_CODES.protocolError);
  });
});

test("a view whose display may be in the middle of a message is closed when the control is lost", async () => {
  const { token } = await f.session.createViewToken();
  const a = await f.view(byToken(token, "a"));
  await f.view(byToken(token, "b"));
  const moreButtons = Buffer.from([5, 0x81, 0, 10, 0, 20, 1]);
  a.ws.send(moreButtons);
  await until(() => a.guest(), moreButtons);
  await f.session.control({ action: "take", viewer: viewerId("b") });
  expect((await a.end).code).toBe(CLOSE_CODES.streamLost);
});
