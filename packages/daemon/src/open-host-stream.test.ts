import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { BrowserVmError, VmId } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHostStream } from "./open-host-stream.ts";

const PROBLEM = JSON.stringify(
  new BrowserVmError("STREAM_REFUSED", "media at 10.0.0.2: the agent answered 503").toProblem(),
);
const VM = VmId.parse(`vm_${"a".repeat(20)}`);

let directory: string;
let hostSocket: string;
let hostd: Server;
let streams: Duplex[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-stream-"));
  hostSocket = join(directory, "hostd.sock");
  streams = [];
  hostd = createServer();
});
afterEach(async () => {
  for (const stream of streams) stream.destroy();
  hostd.closeAllConnections();
  hostd.close();
  await rm(directory, { recursive: true });
});

const open = (timeoutScale = 1) => openHostStream({ hostSocket, vm: VM, service: "media", timeoutScale });

async function listen(): Promise<void> {
  hostd.listen(hostSocket);
  await once(hostd, "listening");
}

/** A hostd that opens every stream, with bytes that come in one piece with its answer. */
function opens(first: string): void {
  hostd.on("upgrade", ({ url, headers }, socket) => {
    streams.push(socket.on("error", () => {})); // ended by the test
    socket.write(
      `HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: ${headers.upgrade}\r\n\r\n${first}${url}`,
    );
    socket.pipe(socket);
  });
}

function answers(status: number, body: string): void {
  const head = `HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  hostd.on("upgrade", (_request, socket) => {
    socket.on("error", () => {}); // hung up on
    socket.end(head + body);
  });
}

test("bytes pass both ways, those that came with the answer first, also after the deadline of its opening", async () => {
  opens("first ");
  await listen();
  const stream = await open(0.005);
  expect(String((await once(stream, "data"))[0])).toBe(`first /v1/vms/${VM}/streams/media`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  stream.write("hello");
  expect(String((await once(stream, "data"))[0])).toBe("hello");
  stream.destroy();
});

test("what hostd says of a stream that it does not open is thrown in its words", async () => {
  const problem = new BrowserVmError(
    "STREAM_REFUSED",
    "media at 10.0.0.2: the agent answered 503",
  ).toProblem();
  answers(502, JSON.stringify(problem));
  await listen();
  await expect(open()).rejects.toMatchObject({
    code: "STREAM_REFUSED",
    message: "media at 10.0.0.2: the agent answered 503",
  });
});

test.each([
  ["no problem", "<html>"],
  ["more than a problem can be", " ".repeat(200_000) + PROBLEM],
])("a refusal that is %s is one of the protocol", async (_what, body) => {
  answers(502, body);
  await listen();
  await expect(open()).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
});

test("a hostd that is not there, or does not answer in time, is unreachable", async () => {
  await expect(open()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
  hostd.on("upgrade", (_request, socket) => streams.push(socket.on("error", () => {}))); // hung up on
  await listen();
  await expect(open(0.005)).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
});
