import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
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

test("it ends once, whoever ends it", async () => {
  const guest = new PassThrough();
  const bridge = new SocketBridge({ ws, guest, isAllowed: async () => true });
  bridge.end(CLOSE_CODES.sessionEnded, "SESSION_NOT_READY");
  guest.destroy();
  bridge.end(CLOSE_CODES.streamLost, "");
  expect(await bridge.ended).toEqual({ code: CLOSE_CODES.sessionEnded, reason: "SESSION_NOT_READY" });
});
