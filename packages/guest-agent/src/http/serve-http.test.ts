import { request } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VmIdentity } from "../vm-identity.ts";
import { makeHttpServer } from "./serve-http.ts";

const HOST = "192.168.100.7:8080";
const SIGNED = { host: HOST, authorization: "Bearer token" };

let closers: Array<() => void> = [];
let vncPort: number | undefined;
let port = 0;
const noMedia = (): Promise<Socket> => Promise.reject(new Error("no helper"));
let openMedia: (() => Promise<Socket>) | undefined = noMedia;
let identity = new VmIdentity();

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

beforeEach(async () => {
  closers = [];
  vncPort = undefined;
  openMedia = noMedia;
  identity = new VmIdentity();
  identity.learn({ vmId: "vm_a", nonce: "the nonce", token: "token" });
  const server = makeHttpServer({
    identity,
    bootId: "boot",
    vncPort: () => vncPort,
    get openMedia() {
      return openMedia;
    },
    health: () => ({ display: true }),
    files: { answer: async () => {} },
    profile: { answer: async () => {} },
    localAddress: () => "192.168.100.7",
  });
  port = await listen(server);
});
afterEach(() => {
  for (const close of closers) close();
});

function get(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: unknown; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (part) => {
        body += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    call.on("error", reject).end();
  });
}

function upgrade(
  headers: Record<string, string>,
  path = "/stream/vnc",
): Promise<{ socket?: Duplex; status?: number }> {
  return new Promise((resolve, reject) => {
    const all = { connection: "Upgrade", upgrade: "browservm-stream", ...headers };
    const call = request({ host: "127.0.0.1", port, path, headers: all, agent: false });
    call.on("upgrade", (_response, socket, head) => {
      socket.unshift(head);
      resolve({ socket });
    });
    call.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    call.on("error", reject).end();
  });
}

test("the nonce is open to whoever names us by our address, without CORS", async () => {
  const { status, headers, body } = await get("/nonce", { host: HOST });
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({ vmId: "vm_a", nonce: "the nonce", bootId: "boot" });
  expect(JSON.stringify(headers)).not.toMatch(/access-control/i);
  expect(body).not.toContain("token");
});

test("everything else wants the token", async () => {
  expect(await get("/health", { host: HOST })).toMatchObject({ status: 401 });
  expect(await get("/health", SIGNED)).toMatchObject({ status: 200, body: '{"display":true}' });
  expect(await get("/other", SIGNED)).toMatchObject({ status: 404 });
  expect(await get("/stream/vnc", SIGNED)).toMatchObject({ status: 400 });
});

test("before hello it answers 503", async () => {
  identity = new VmIdentity();
  const server = makeHttpServer({
    identity,
    bootId: "boot",
    vncPort: () => undefined,
    openMedia: undefined,
    health: () => ({}),
    files: { answer: async () => {} },
    profile: { answer: async () => {} },
    localAddress: () => "192.168.100.7",
  });
  port = await listen(server);
  expect(await get("/nonce", { host: HOST })).toMatchObject({ status: 503 });
});

test("the stream becomes the display's bytes, both ways and whole", async () => {
  const seen: Buffer[] = [];
  const display = createServer((socket) => {
    socket.write("RFB 003.008\n");
    socket.on("data", (bytes) => seen.push(bytes));
    socket.on("end", () => socket.end());
  });
  vncPort = await listen(display);
  const { socket } = await upgrade(SIGNED);
  if (!socket) throw new Error("no stream");
  const [greeting] = await new Promise<[Buffer]>((resolve) =>
    socket.once("data", (bytes) => resolve([bytes])),
  );
  expect(greeting.toString()).toBe("RFB 003.008\n");
  const sent = Buffer.alloc(300_000, "abc");
  socket.end(sent);
  await new Promise((resolve) => socket.once("close", resolve));
  expect(Buffer.concat(seen).equals(sent)).toBe(true);
});

test("a viewer that does not read stops the display's writes, and its end closes the display's side", async () => {
  let ofDisplay: Socket | undefined;
  const display = createServer((socket) => {
    ofDisplay = socket.on("error", () => {}); // ended by the test
    socket.pause();
  });
  vncPort = await listen(display);
  const { socket } = await upgrade(SIGNED);
  socket?.pause();
  await expect.poll(() => ofDisplay).toBeDefined();
  const chunk = Buffer.alloc(1_048_576);
  for (let i = 0; i < 64; i += 1) ofDisplay?.write(chunk);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(ofDisplay?.writableLength).toBeGreaterThan(32 * 1_048_576);
  socket?.destroy();
  await expect.poll(() => ofDisplay?.destroyed).toBe(true);
});

test("a stream without token, without display, or to a display that is down is refused", async () => {
  expect(await upgrade({ host: HOST })).toMatchObject({ status: 401 });
  expect(await upgrade({ ...SIGNED, host: "evil.example" })).toMatchObject({ status: 403 });
  expect(await upgrade(SIGNED)).toMatchObject({ status: 503 });
  vncPort = 1;
  expect(await upgrade(SIGNED)).toMatchObject({ status: 502 });
  expect(await upgrade({ ...SIGNED, upgrade: "websocket" })).toMatchObject({ status: 400 });
});

test("the media stream is answered at once, and becomes the helper's bytes when that is there", async () => {
  const helper = createServer((socket) => socket.pipe(socket));
  const helperPort = await listen(helper);
  const { promise, resolve } = Promise.withResolvers<Socket>();
  openMedia = () => promise;
  const { socket } = await upgrade(SIGNED, "/stream/media");
  if (!socket) throw new Error("no stream");
  socket.write("hello");
  const service = connect(helperPort, "127.0.0.1", () => resolve(service));
  const [echo] = await new Promise<[Buffer]>((done) => socket.once("data", (bytes) => done([bytes])));
  expect(echo.toString()).toBe("hello");
  socket.destroy();
  await expect.poll(() => service.destroyed).toBe(true);
});

test("a media stream whose viewer left before the helper was there ends the helper's side", async () => {
  const helper = createServer((socket) => socket.on("error", () => {}));
  const helperPort = await listen(helper);
  const { promise, resolve } = Promise.withResolvers<Socket>();
  openMedia = () => promise;
  const { socket } = await upgrade(SIGNED, "/stream/media");
  socket?.destroy();
  await new Promise((done) => setTimeout(done, 50));
  const service = connect(helperPort, "127.0.0.1", () => resolve(service));
  await expect.poll(() => service.destroyed).toBe(true);
});

test("a media stream is refused in an image that has no helper", async () => {
  openMedia = undefined;
  expect(await upgrade(SIGNED, "/stream/media")).toEqual({ status: 503 });
});

test("a media stream wants the token, and ends where no helper starts", async () => {
  expect(await upgrade({ host: HOST }, "/stream/media")).toMatchObject({ status: 401 });
  const { socket } = await upgrade(SIGNED, "/stream/media");
  await expect
    .poll(() => socket?.destroyed || socket?.readableEnded || socket?.resume().readableEnded)
    .toBe(true);
});
