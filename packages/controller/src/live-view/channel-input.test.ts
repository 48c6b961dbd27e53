import { encodeInput, encodeMove, VIEWER_INPUT } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeGateway } from "../testing/fake-gateway.ts";
import { byToken, SharingFixture, viewerId } from "../testing/sharing-fixture.ts";

const TAG = 7;
const key = (down: number, keysym = 0x61) => Buffer.from([4, down, 0, 0, 0, 0, 0, keysym]);
const pointer = (x: number) => Buffer.from([5, 0, 0, x, 0, 20]);
const input = (number: number, message: Uint8Array) =>
  Buffer.from(encodeInput({ tag: TAG, number, message }));
const BEGIN = input(0, Buffer.alloc(0));
const LOOK = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);
const REFUSED = expect.stringContaining('"code":"CONTROL_REFUSED"');
const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 10 }).toEqual(wanted);

let f: SharingFixture;
let gateway: FakeGateway;
beforeEach(async () => {
  [f, gateway] = await SharingFixture.startBesideGateway();
});
afterEach(async () => {
  await f[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** A viewer's video; `byChannel` is what the gateway passes on of its data channels. */
async function video(token: string, letter: string) {
  const { heard, ws } = await f.live(byToken(token, letter));
  const link = gateway.sockets.at(-1);
  const byChannel = (bytes: Uint8Array) => link?.send(Buffer.concat([Buffer.from([VIEWER_INPUT]), bytes]));
  return { heard, ws, byChannel };
}

/** A viewer with a display, whose connection has begun to number, and with video. */
async function viewer(token: string, letter: string) {
  const { ws, guest } = await f.view(byToken(token, letter));
  ws.send(Buffer.concat([BEGIN, LOOK]));
  await until(guest, LOOK);
  return { ...(await video(token, letter)), display: ws, guest };
}

describe("input that came by a data channel", () => {
  test("reaches the display of the same viewer, each once, and is let go like any other", async () => {
    const { token } = await f.session.createViewToken();
    const a = await viewer(token, "a");
    const b = await viewer(token, "b");
    a.byChannel(input(1, key(1)));
    const passed = [LOOK, key(1)];
    await until(() => a.guest(), Buffer.concat(passed));
    a.display.send(Buffer.concat([input(1, key(1)), LOOK]));
    await until(() => a.guest(), Buffer.concat([...passed, LOOK]));
    for (const copy of [input(1, key(1)), input(2, key(0)), input(2, key(0)), input(3, key(1, 0x62))])
      a.byChannel(copy);
    a.byChannel(encodeMove({ tag: TAG, after: 4, order: 0, message: pointer(9) }));
    const all = [...passed, LOOK, key(0), key(1, 0x62), pointer(9)];
    await until(() => a.guest(), Buffer.concat(all));
    await f.session.control({ action: "take", viewer: viewerId("b") });
    await until(() => a.guest(), Buffer.concat([...all, key(0, 0x62)]));
    expect(b.guest()).toEqual(LOOK);
    expect([a.heard, b.heard]).toEqual([["hello"], ["hello"]]);
  });

  test("of who has not the control goes nowhere, and that is said once a second; with it, it passes", async () => {
    const { token } = await f.session.createViewToken();
    const a = await viewer(token, "a");
    const b = await viewer(token, "b");
    b.byChannel(input(1, key(1)));
    b.byChannel(input(1, key(1)));
    b.ws.send("after");
    await until(() => b.heard, ["hello", REFUSED, "after"]);
    await f.session.control({ action: "give", viewer: viewerId("a"), to: viewerId("b") });
    b.byChannel(input(1, key(1, 0x62)));
    await until(() => b.guest(), Buffer.concat([LOOK, key(1, 0x62)]));
    expect(a.guest()).toEqual(LOOK);
  });

  test("of who may only look, or has no display open, goes nowhere", async () => {
    const looker = await f.session.createViewToken({ role: "view" });
    const l = await viewer(looker.token, "l");
    l.byChannel(input(1, key(1)));
    await until(() => l.heard, ["hello", REFUSED]);
    const { token } = await f.session.createViewToken();
    const alone = await video(token, "a");
    expect(await f.holders()).toEqual([viewerId("a")]);
    alone.byChannel(input(1, key(1)));
    alone.ws.send("after");
    await until(() => alone.heard, ["hello", "after"]);
    expect(l.guest()).toEqual(LOOK);
  });
});
