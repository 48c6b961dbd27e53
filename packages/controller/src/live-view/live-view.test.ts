import type { Duplex } from "node:stream";
import { CLOSE_CODES } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestController } from "../testing/test-controller.ts";
import { closed, opened, refusal } from "../testing/web-sockets.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]);
const KEY = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]);
const LOOK = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);

async function readySession() {
  const session = await (await t.user()).sessions.create();
  await session.waitFor("ready");
  return session;
}

/** What the guest's end hears, from now on. */
function recordGuest(): { heard: () => Buffer; sockets: Duplex[] } {
  const chunks: Buffer[] = [];
  const sockets: Duplex[] = [];
  t.host.streamEnd = (socket) => {
    sockets.push(socket);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  };
  return { heard: () => Buffer.concat(chunks), sockets };
}

function connect(path: string, headers: Record<string, string> = {}): WebSocket {
  return new WebSocket(t.url.replace("http", "ws") + path, { headers });
}

const until = (isTrue: () => boolean) => expect.poll(isTrue, { timeout: 5000, interval: 10 }).toBe(true);

/** The value, once it has not changed for half a second. */
async function settled(value: () => number): Promise<number> {
  for (;;) {
    const before = value();
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (before > 0 && value() === before) return before;
  }
}

describe("the live view", () => {
  test("carries bytes both ways for somebody who may control", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken({ role: "control" });
    const ws = await opened(connect(`/v1/sessions/${session.id}/vnc?token=${token}`));
    const echoed = new Promise<Buffer>((resolve) => ws.once("message", (data: Buffer) => resolve(data)));
    ws.send(Buffer.concat([HELLO, KEY]));
    expect(await echoed).toEqual(Buffer.concat([HELLO, KEY]));
    ws.close();
  });

  test("lets no key of a viewer through, however its bytes are cut", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken({ role: "view" });
    const guest = recordGuest();
    const ws = await opened(connect(`/v1/sessions/${session.id}/vnc?token=${token}`));
    for (const byte of Buffer.concat([HELLO, KEY, LOOK, KEY, LOOK])) ws.send(Buffer.from([byte]));
    const allowed = Buffer.concat([HELLO, LOOK, LOOK]);
    await until(() => guest.heard().length >= allowed.length);
    expect(guest.heard()).toEqual(allowed);
    ws.close();
  });

  test("throws a viewer out that does not speak RFB", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken({ role: "view" });
    const ws = await opened(connect(`/v1/sessions/${session.id}/vnc?token=${token}`));
    ws.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect((await closed(ws)).code).toBe(CLOSE_CODES.protocolError);
  });

  test("a viewer's token opens the display only, of its own session only", async () => {
    const session = await readySession();
    const other = await readySession();
    const { token } = await session.createViewToken({ role: "control" });
    expect(await refusal(connect(`/v1/sessions/${other.id}/vnc?token=${token}`))).toMatchObject({
      code: "FORBIDDEN",
    });
    const headers = { authorization: `Bearer ${token}` };
    expect(await refusal(connect(`/v1/sessions/${session.id}/streams/ssh`, headers))).toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("is closed when the session ends, with the reason as a code", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken();
    const ws = await opened(connect(`/v1/sessions/${session.id}/vnc?token=${token}`));
    const end = closed(ws);
    await session.end();
    expect(await end).toEqual({ code: CLOSE_CODES.sessionEnded, reason: "SESSION_NOT_READY" });
  });

  test("is closed when the guest's side goes away, and the guest's side when the viewer goes", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken();
    const guest = recordGuest();
    const path = `/v1/sessions/${session.id}/vnc?token=${token}`;
    const first = await opened(connect(path));
    const end = closed(first);
    guest.sockets[0]?.destroy();
    expect((await end).code).toBe(CLOSE_CODES.streamLost);
    const second = await opened(connect(path));
    second.terminate();
    await until(() => guest.sockets[1]?.destroyed === true);
  });

  test("does not read on from a guest whose viewer does not read", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken();
    let sent = 0;
    t.host.streamEnd = (socket) => {
      const flood = () => {
        while (sent < 256 * 1024 * 1024) {
          sent += 65_536;
          if (!socket.write(Buffer.alloc(65_536))) return void socket.once("drain", flood);
        }
      };
      flood();
    };
    const ws = await opened(connect(`/v1/sessions/${session.id}/vnc?token=${token}`));
    ws.pause();
    const before = await settled(() => sent);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(64 * 1024 * 1024);
    ws.resume();
    await until(() => sent > before);
    ws.terminate();
  });
});

describe("a WebSocket", () => {
  test("from a foreign page is refused, whatever it carries", async () => {
    const session = await readySession();
    const { cookie } = await t.signIn();
    const { token } = await session.createViewToken();
    const path = `/v1/sessions/${session.id}/vnc`;
    const foreign = { origin: "https://evil.example" };
    expect(await refusal(connect(path, { ...foreign, cookie }))).toEqual({
      status: 403,
      code: "ORIGIN_REFUSED",
    });
    expect(await refusal(connect(`${path}?token=${token}`, foreign))).toMatchObject({
      code: "ORIGIN_REFUSED",
    });
    expect(await refusal(connect(path, { cookie }))).toMatchObject({ code: "ORIGIN_REFUSED" });
    const own = await opened(connect(path, { cookie, origin: t.url }));
    own.close();
  });

  test("without credentials, to sessions that are not ready, to services that are none: refused by name", async () => {
    const session = await readySession();
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const headers = { authorization: `Bearer ${secret}` };
    const path = `/v1/sessions/${session.id}`;
    expect(await refusal(connect(`${path}/vnc`))).toEqual({ status: 401, code: "UNAUTHENTICATED" });
    expect(await refusal(connect(`${path}/streams/cdp`, headers))).toMatchObject({
      code: "STREAM_UNAVAILABLE",
    });
    expect(await refusal(connect(`${path}/streams/port-0`, headers))).toMatchObject({ code: "BAD_REQUEST" });
    expect(await refusal(connect(`${path}/nothing`, headers))).toMatchObject({ code: "NOT_FOUND" });
    await session.end();
    expect(await refusal(connect(`${path}/vnc`, headers))).toEqual({
      status: 409,
      code: "SESSION_NOT_READY",
    });
  });

  test("carries any guest service for an API key", async () => {
    const session = await readySession();
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const headers = { authorization: `Bearer ${secret}` };
    const ws = await opened(connect(`/v1/sessions/${session.id}/streams/port-8080`, headers));
    const echoed = new Promise<string>((resolve) => ws.once("message", (data) => resolve(String(data))));
    ws.send("ping");
    expect(await echoed).toBe("ping");
    ws.close();
  });

  test("is what these routes are: a plain request is told so", async () => {
    const session = await readySession();
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const reply = await t.fetch("GET", `/v1/sessions/${session.id}/vnc`, {
      headers: { "x-api-key": secret },
    });
    expect(await reply.json()).toMatchObject({ code: "BAD_REQUEST" });
  });
});
