import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { VmId } from "@browservm/contract";
import { afterEach, expect, test } from "vitest";
import { VmFiles } from "./vm-files.ts";

const VM = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");
const MIB = 1_048_576;
const never = new AbortController().signal;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Files of a guest whose agent answers as a test says, over real sockets. */
async function filesWith(listener: RequestListener, mostBytes = 64 * MIB, patience = 1): Promise<VmFiles> {
  server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new VmFiles({
    mostBytes,
    patience,
    openAgentLine: async () => ({
      stream: connect(port, "127.0.0.1"),
      host: "10.0.0.2:8080",
      token: "secret",
    }),
  });
}

const write = (files: VmFiles, body: Readable, size?: number, signal = never) =>
  files.write(VM, { path: "Downloads/a b", ifExists: "rename", size, body }, signal);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );
const json =
  (value: unknown): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify(value));

test("a file is sent with the token, its size and what happens to another of that name", async () => {
  let asked: Pick<IncomingMessage, "method" | "url" | "headers"> | undefined;
  let came = 0;
  const files = await filesWith(async (request, response) => {
    asked = request;
    came = (await buffer(request)).length;
    response.end(JSON.stringify({ path: "Downloads/a b (1)", size: came }));
  });
  const body = Readable.from([Buffer.alloc(MIB), Buffer.alloc(5)]);
  expect(await write(files, body, MIB + 5)).toEqual({ path: "Downloads/a b (1)", size: MIB + 5 });
  expect(asked).toMatchObject({ method: "PUT", url: "/files?path=Downloads%2Fa+b&ifExists=rename" });
  expect(asked?.headers).toMatchObject({
    host: "10.0.0.2:8080",
    authorization: "Bearer secret",
    "content-length": String(MIB + 5),
  });
});

test("what is too large is refused before or in the middle, and the agent sees it broken off", async () => {
  const broken = Promise.withResolvers<boolean>();
  const body = new PassThrough();
  const files = await filesWith((request) => {
    request.resume();
    request.once("close", () => broken.resolve(!request.complete));
    request.on("error", () => {}); // broken off
    request.once("data", () => body.end(Buffer.alloc(MIB)));
  }, MIB);
  expect(await codeOf(write(files, Readable.from([]), 2 * MIB))).toBe("FILE_TOO_LARGE");
  body.write(Buffer.alloc(1));
  expect(await codeOf(write(files, body))).toBe("FILE_TOO_LARGE");
  expect(await broken.promise).toBe(true);
});

test("a sender that breaks off is a body that never ended, to the agent", async () => {
  const broken = Promise.withResolvers<boolean>();
  const files = await filesWith((request) => {
    request.resume();
    request.once("close", () => broken.resolve(!request.complete));
    request.on("error", () => {}); // broken off
  });
  const body = new PassThrough();
  const writing = codeOf(write(files, body));
  body.write(Buffer.alloc(100));
  setTimeout(() => body.destroy(), 50);
  expect(await writing).toBe("CANCELLED");
  expect(await broken.promise).toBe(true);
});

test("a refusal comes through in the agent's words, also before it has read the body, and the body is drained", async () => {
  const files = await filesWith((request, response) => {
    response.statusCode = 507;
    response.end(JSON.stringify({ code: "GUEST_DISK_FULL", error: "there is no space left" }));
    request.resume();
  });
  const body = new PassThrough();
  const writing = write(files, body);
  body.write(Buffer.alloc(100_000));
  await expect(writing).rejects.toMatchObject({ code: "GUEST_DISK_FULL", message: "there is no space left" });
  body.end(Buffer.alloc(MIB));
  await expect.poll(() => body.readableEnded).toBe(true);
});

test("a refusal that no guest may give is a failed call, and a crowd may try again", async () => {
  const refusing = (status: number, body: string) =>
    filesWith((_request, response) => {
      response.statusCode = status;
      response.end(body);
    });
  const word = (code: string) => JSON.stringify({ code, error: "x" });
  expect(await codeOf((await refusing(401, word("UNAUTHENTICATED"))).list(VM, "", never))).toBe(
    "GUEST_CALL_FAILED",
  );
  expect(await codeOf((await refusing(500, "x".repeat(9000))).list(VM, "", never))).toBe("GUEST_CALL_FAILED");
  await expect((await refusing(429, word("RATE_LIMITED"))).list(VM, "", never)).rejects.toMatchObject({
    code: "RATE_LIMITED",
    details: { retryAfterSeconds: 2 },
  });
});

test("a listing that is not as agreed, or does not end, is not believed", async () => {
  const entry = { name: "a", kind: "file", size: 1, modifiedAt: "2026-01-01T00:00:00.000Z" };
  const listing = { entries: [entry], truncated: false };
  expect(await (await filesWith(json(listing))).list(VM, "Downloads", never)).toEqual(listing);
  const many = { entries: Array.from({ length: 1001 }, () => entry), truncated: false };
  expect(await codeOf((await filesWith(json(many))).list(VM, "", never))).toBe("GUEST_CALL_FAILED");
  const odd = { entries: [{ ...entry, size: -1 }], truncated: false };
  expect(await codeOf((await filesWith(json(odd))).list(VM, "", never))).toBe("GUEST_CALL_FAILED");
  const endless: RequestListener = (_request, response) => {
    response.on("error", () => {}); // hung up on
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, "x")));
    };
    response.on("drain", more);
    more();
  };
  expect(await codeOf((await filesWith(endless)).list(VM, "", never))).toBe("FILE_TOO_LARGE");
});

test("a file is read with its size; one that ends early fails, one without size or too large is refused", async () => {
  const sized =
    (length: string | undefined, bytes: number): RequestListener =>
    (_request, response) => {
      if (length !== undefined) response.setHeader("content-length", length);
      response.write(Buffer.alloc(bytes, "a"));
      if (length === String(bytes)) response.end();
      else setTimeout(() => response.destroy(), 50);
    };
  const good = await (await filesWith(sized("1000", 1000))).read(VM, "a", never);
  expect([good.size, (await buffer(good.body)).length]).toEqual([1000, 1000]);
  const short = await (await filesWith(sized("1000", 500))).read(VM, "a", never);
  await expect(buffer(short.body)).rejects.toThrow();
  expect(await codeOf((await filesWith(sized(undefined, 10))).read(VM, "a", never))).toBe(
    "GUEST_CALL_FAILED",
  );
  expect(await codeOf((await filesWith(sized("2000000", 10), MIB)).read(VM, "a", never))).toBe(
    "FILE_TOO_LARGE",
  );
});

test("a slow reader stops the agent, and its hanging up reaches it", async () => {
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  const files = await filesWith((_request, response) => {
    response.setHeader("content-length", 512 * MIB);
    response.once("close", () => closed.resolve());
    const more = () => {
      let isRoom = true;
      while (isRoom && !response.destroyed) {
        isRoom = response.write(Buffer.alloc(MIB));
        sent += MIB;
      }
    };
    response.on("drain", more);
    more();
  }, 1024 * MIB);
  const { body } = await files.read(VM, "a", never);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(sent).toBeLessThan(64 * MIB);
  body.destroy();
  await closed.promise;
});

test("an agent that does not answer, or a file that does not move, has a deadline", async () => {
  const mute = await filesWith((request) => void request.resume(), MIB, 0.005);
  expect(await codeOf(mute.list(VM, "", never))).toBe("AGENT_UNREACHABLE");
  const still = await filesWith((request) => void request.resume(), MIB, 0.001);
  expect(await codeOf(write(still, new PassThrough()))).toBe("DEADLINE_EXCEEDED");
});

test("a caller that gives up is told so", async () => {
  const files = await filesWith((request) => void request.resume());
  const cancel = new AbortController();
  const listing = codeOf(files.list(VM, "", cancel.signal));
  setTimeout(() => cancel.abort(), 30);
  expect(await listing).toBe("CANCELLED");
});
