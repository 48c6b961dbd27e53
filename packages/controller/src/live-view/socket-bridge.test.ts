import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { CLOSE_CODES } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SocketBridge } from "./socket-bridge.ts";

const http = createServer();
const server = new WebSocketServer({ server: http });
let client: WebSocket;
let ws: WebSocket;

beforeEach(async () => {
  if (!http.listening) await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const arrival = once(server, "connection");
  client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { autoPong: false });
  const opening = once(client, "open");
  [ws] = (await arrival) as [WebSocket];
  await opening;
});
afterEach(() => client.terminate());

test("a viewer that answers no pings is let go", async () => {
  const bridge = new SocketBridge({
    ws,
    guest: new PassThrough(),
    isAllowed: async () => true,
    heartbeatMs: 5,
  });
  expect((await bridge.ended).code).toBe(CLOSE_CODES.unresponsive);
});

test("a viewer whose credentials are revoked is let go", async () => {
  const guest = new PassThrough();
  const bridge = new SocketBridge({ ws, guest, isAllowed: async () => false, heartbeatMs: 5 });
  expect(await bridge.ended).toEqual({ code: CLOSE_CODES.credentialsExpired, reason: "UNAUTHENTICATED" });
  expect(guest.destroyed).toBe(true);
});

test("it says when the guest does not take what it gets", () => {
  const taken: (() => void)[] = [];
  const guest = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => void taken.push(done),
    highWaterMark: 4,
  });
  const bridge = new SocketBridge({ ws, guest, isAllowed: async () => true });
  expect(bridge.isBehind).toBe(false);
  bridge.toGuest(Buffer.alloc(8));
  expect(bridge.isBehind).toBe(true);
  for (const done of taken) done();
  expect(bridge.isBehind).toBe(false);
  bridge.end(CLOSE_CODES.sessionEnded, "");
});

test("a viewer that says what cannot be read is the one who broke it", async () => {
  const filter = () => {
    throw new Error("that is no RFB");
  };
  const bridge = new SocketBridge({ ws, guest: new PassThrough(), isAllowed: async () => true, filter });
  client.send("nonsense");
  expect(await bridge.ended).toMatchObject({
    ...{ code: CLOSE_CODES.protocolError, reason: "BAD_REQUEST" },
    ...{ brokenBy: "viewer", err: { message: "that is no RFB" } },
  });
});

test("a guest that says what cannot be read is not the viewer's fault", async () => {
  const guest = new PassThrough();
  const fromGuest = () => {
    throw new Error("that is no RFB");
  };
  const bridge = new SocketBridge({ ws, guest, isAllowed: async () => true, fromGuest });
  const closed = once(client, "close");
  guest.write("nonsense");
  expect(await bridge.ended).toMatchObject({ brokenBy: "guest", err: { message: "that is no RFB" } });
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([CLOSE_CODES.streamLost, "DISPLAY_UNREADABLE"]);
});

test("it ends once, whoever ends it", async () => {
  const guest = new PassThrough();
  const bridge = new SocketBridge({ ws, guest, isAllowed: async () => true });
  bridge.end(CLOSE_CODES.sessionEnded, "SESSION_NOT_READY");
  guest.destroy();
  bridge.end(CLOSE_CODES.streamLost, "");
  expect(await bridge.ended).toEqual({ code: CLOSE_CODES.sessionEnded, reason: "SESSION_NOT_READY" });
});
