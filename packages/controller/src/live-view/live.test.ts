import { CLOSE_CODES } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { pictureOf } from "../doctor/testing/healthy-live.ts";
import type { FakeGateway } from "../testing/fake-gateway.ts";
import { byToken, SharingFixture, viewerId, type Way } from "../testing/sharing-fixture.ts";
import { refusal } from "../testing/web-sockets.ts";

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

const connect = (way: Way) => f.connect(way, "live");

describe("the live video", () => {
  test("carries text and frames both ways, each as what it was, and says who the viewer is", async () => {
    const { token } = await f.session.createViewToken({ role: "view" });
    const viewer = await f.live(byToken(token, "a"));
    viewer.ws.send("{}");
    viewer.ws.send(Buffer.from([2, 1, 0]));
    await until(() => viewer.heard, ["hello", "{}", Buffer.from([2, 1, 0])]);
    const { vm } = await f.session.refresh();
    expect(gateway.queries).toEqual([
      { session: f.session.id, vm: vm?.id, viewer: viewerId("a"), control: "0" },
    ]);
    const controls = await f.session.createViewToken({ role: "control" });
    await f.live(byToken(controls.token, "b"));
    expect(gateway.queries[1]).toMatchObject({ control: "1" });
  });

  test("and the display are one viewer: neither replaces the other, a second one of its kind does", async () => {
    const { token } = await f.session.createViewToken();
    const display = await f.view(byToken(token, "a"));
    const video = await f.live(byToken(token, "a"));
    const again = await f.live(byToken(token, "a"));
    expect((await video.end).code).toBe(CLOSE_CODES.replaced);
    expect(display.ws.readyState).toBe(WebSocket.OPEN);
    expect(again.ws.readyState).toBe(WebSocket.OPEN);
    const { viewers } = await f.session.listViewers();
    expect(viewers).toMatchObject([{ id: viewerId("a"), hasControl: true }]);
    display.ws.terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await f.session.listViewers()).viewers).toHaveLength(1);
  });

  test("ends with the session, with the link, and when somebody is sent away", async () => {
    const [first, second, third] = [
      await f.session.createViewToken({ name: "first" }),
      await f.session.createViewToken(),
      await f.session.createViewToken(),
    ];
    const a = await f.live(byToken(first.token, "a"));
    const b = await f.live(byToken(second.token, "b"));
    const c = await f.live(byToken(third.token, "c"));
    await f.session.removeViewer(viewerId("c"));
    expect((await c.end).code).toBe(CLOSE_CODES.removed);
    const { links } = await f.session.listViewLinks();
    await f.session.revokeViewLink(links.find(({ name }) => name === "first")?.id ?? "");
    expect((await a.end).code).toBe(CLOSE_CODES.removed);
    await f.session.end();
    expect((await b.end).code).toBe(CLOSE_CODES.sessionEnded);
    await until(() => gateway.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED), true);
  });

  test("ends when the gateway goes; without one it is refused, and the page has the display still", async () => {
    const { token } = await f.session.createViewToken();
    const viewer = await f.live(byToken(token, "a"));
    await gateway[Symbol.asyncDispose]();
    expect(await viewer.end).toEqual({ code: CLOSE_CODES.streamLost, reason: "GATEWAY_UNREACHABLE" });
    expect(await refusal(connect(byToken(token, "a")))).toEqual({ status: 503, code: "GATEWAY_UNREACHABLE" });
    await f.view(byToken(token, "a"));
    gateway = await f.openGateway();
  });

  test("holds little for a viewer that does not read: the gateway has to wait", async () => {
    const { token } = await f.session.createViewToken();
    const viewer = await f.live(byToken(token, "a"));
    viewer.ws.pause();
    const [ofGateway] = gateway.sockets;
    const frame = Buffer.alloc(100_000);
    for (let n = 0; n < 300; n += 1) ofGateway?.send(frame);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // 30 MB; the kernel's buffers on both ways take some of it.
    expect(ofGateway?.bufferedAmount).toBeGreaterThan(15_000_000);
    viewer.ws.resume();
    await until(() => viewer.heard.length, 301);
  });

  test("is not shown to who has no business here", async () => {
    expect(await refusal(connect({}))).toMatchObject({ status: 401 });
    const other = await f.operator.sessions.create();
    await other.waitFor("ready");
    const { token } = await other.createViewToken();
    expect((await refusal(connect(byToken(token, "a")))).status).toBeGreaterThanOrEqual(400);
    expect(gateway.queries).toEqual([]);
  });

  test("is reported to operators, and in the numbers", async () => {
    const report = pictureOf(null, { viewer: viewerId("a"), rung: "websocket", transport: null });
    gateway.report = report;
    expect(await f.session.liveReport()).toEqual(report);
    await expect(f.operator.sessions.liveReport(`ses_${"z".repeat(20)}`)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    expect(await await f.t.admin.metrics()).toContain("browservm_live_viewers 3");
    await gateway[Symbol.asyncDispose]();
    expect(await await f.t.admin.metrics()).toContain("browservm_sessions");
    await expect(f.session.liveReport()).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    gateway = await f.openGateway();
  });
});
