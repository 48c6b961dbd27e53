import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VmIdentity } from "../vm-identity.ts";
import { FileServer } from "./serve-files.ts";
import { makeHttpServer } from "./serve-http.ts";

const WORKER = join(import.meta.dirname, "../files/home/file-worker.ts");
const ADDRESS = "192.168.100.7";
const SIGNED = { host: `${ADDRESS}:8080`, authorization: "Bearer token" };
const MIB = 1_048_576;

let home = "";
let server: Server;
let port = 0;
let running = 0;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "serve-files-"));
  await mkdir(join(home, "Downloads"));
  const identity = new VmIdentity();
  identity.learn({ vmId: "vm_a", nonce: "nonce", token: "token" });
  running = 0;
  const files = new FileServer({
    home,
    startWorker: (orders) => {
      running += 1;
      // As the agent starts it, except for the user: this test's files are its own.
      const worker = spawn(process.execPath, [WORKER, orders], {
        stdio: ["pipe", "pipe", "inherit", "pipe"],
        detached: true,
      });
      worker.once("close", () => {
        running -= 1;
      });
      return worker;
    },
  });
  server = makeHttpServer({
    identity,
    bootId: "boot",
    vncPort: () => undefined,
    openMedia: undefined,
    health: () => ({}),
    files,
    profile: { answer: async () => {} },
    localAddress: () => ADDRESS,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await expect.poll(() => running, { timeout: 8000 }).toBe(0);
  await rm(home, { recursive: true });
});

function begin(method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
  return request({ host: "127.0.0.1", port, method, path, headers: { ...SIGNED, ...headers }, agent: false });
}

const answerOf = (call: ClientRequest) =>
  new Promise<IncomingMessage>((resolve, reject) => call.once("response", resolve).once("error", reject));

async function ask(method: string, path: string, body?: Uint8Array, headers = {}) {
  const call = begin(method, path, headers);
  const answered = answerOf(call);
  call.end(body);
  const response = await answered;
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

const drafts = () => readdirSync(join(home, ".cache/browservm-uploads"));
const files = (path: string) => `/files?${new URLSearchParams({ path })}`;

test("a file goes in, is listed, comes out as it was, and is removed", async () => {
  const content = randomBytes(3 * MIB);
  const written = await ask("PUT", files("Downloads/ü &?#.bin"), content);
  expect([written.status, JSON.parse(String(written.body))]).toEqual([
    200,
    { path: "Downloads/ü &?#.bin", size: content.length },
  ]);
  const list = JSON.parse(String((await ask("GET", "/files/list?path=Downloads")).body));
  expect(list).toMatchObject({ entries: [{ name: "ü &?#.bin", size: content.length }], truncated: false });
  const read = await ask("GET", files("Downloads/ü &?#.bin"));
  expect(read.headers).toMatchObject({
    "content-length": String(content.length),
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
  });
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  expect(sha256(read.body)).toBe(sha256(content));
  expect((await ask("DELETE", files("Downloads/ü &?#.bin"))).status).toBe(200);
  expect(await ask("GET", files("Downloads/ü &?#.bin"))).toMatchObject({ status: 404 });
});

test("refusals have a status and a code", async () => {
  const refusal = async (method: string, path: string, headers = {}) => {
    const { status, body } = await ask(method, path, undefined, headers);
    return [status, JSON.parse(String(body)).code];
  };
  expect(await refusal("GET", files("../../etc/passwd"))).toEqual([400, "BAD_REQUEST"]);
  expect(await refusal("GET", files("none"))).toEqual([404, "FILE_NOT_FOUND"]);
  expect(await refusal("DELETE", "/files/list?path=Downloads")).toEqual([400, "BAD_REQUEST"]);
  expect(await refusal("PUT", `${files("x")}&ifExists=maybe`)).toEqual([400, "BAD_REQUEST"]);
  expect(await refusal("GET", files("Downloads"))).toEqual([403, "FILE_REFUSED"]);
  expect(await ask("GET", files("x"), undefined, { authorization: "Bearer other" })).toMatchObject({
    status: 401,
  });
  expect(await ask("POST", files("x"))).toMatchObject({ status: 405 });
});

test("what is refused before its body came is answered all the same", async () => {
  const call = begin("PUT", files("Downloads"), { "content-length": 64 * MIB });
  const answered = answerOf(call);
  call.on("error", () => {}); // it is hung up on in the middle
  call.write(Buffer.alloc(MIB));
  expect((await answered).statusCode).toBe(403);
  call.destroy();
});

test("a sender that breaks off leaves nothing behind", async () => {
  const call = begin("PUT", files("Downloads/half"), { "content-length": 10 * MIB });
  call.on("error", () => {}); // broken off by us
  call.write(Buffer.alloc(2 * MIB));
  await expect.poll(() => drafts().length).toBe(1);
  call.destroy();
  await expect.poll(drafts).toEqual([]);
  expect(readdirSync(join(home, "Downloads"))).toEqual([]);
});

test("a stream whose size nobody said is kept when it ended well", async () => {
  const call = begin("PUT", files("Downloads/stream"), { "transfer-encoding": "chunked" });
  const answered = answerOf(call);
  call.write("one ");
  call.end("two");
  expect((await answered).statusCode).toBe(200);
  expect(readFileSync(join(home, "Downloads/stream"), "utf8")).toBe("one two");
});

test("a reader that does not read holds its file up, not our memory", async () => {
  writeFileSync(join(home, "big"), "");
  truncateSync(join(home, "big"), 512 * MIB);
  const before = process.memoryUsage().rss;
  const call = begin("GET", files("big"));
  const response = await answerOf(call.end());
  response.pause();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
  call.on("error", () => {}); // hung up by us
  response.destroy();
  await expect.poll(() => running).toBe(0);
});

test("no more than eight transfers run at a time", async () => {
  writeFileSync(join(home, "big"), "");
  truncateSync(join(home, "big"), 64 * MIB);
  const calls = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const call = begin("GET", files("big"));
      call.on("error", () => {}); // hung up by us
      const response = await answerOf(call.end());
      response.pause();
      return call;
    }),
  );
  expect(await ask("GET", files("big"))).toMatchObject({ status: 429 });
  for (const call of calls) call.destroy();
  await expect.poll(() => running, { timeout: 8000 }).toBe(0);
  expect(await ask("GET", "/files/list?path=")).toMatchObject({ status: 200 });
});
