import { request } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveClipboard } from "./clipboard.ts";
import { serveProblems } from "./serve.ts";

const MIB = 1_048_576;
const VM = `vm_${"a".repeat(20)}`;
const SIGNATURE = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const png = (length: number) => Buffer.concat([SIGNATURE, Buffer.alloc(length - SIGNATURE.length, 7)]);

let app: FastifyInstance;
let images: Buffer[];
let failures: string[];
beforeEach(async () => {
  images = [];
  failures = [];
  app = fastify({ forceCloseConnections: true });
  serveProblems(app);
  app.addHook("onError", async (_request, _reply, { code }) => void failures.push(code));
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  serveClipboard(app, {
    putClipboardImage: async (_, image) => void images.push(Buffer.from(image)),
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(() => app.close());

/** A sender, which has not ended yet, and the answer to it. */
function begin() {
  const { port } = app.server.address() as AddressInfo;
  const path = `/v1/vms/${VM}/clipboard/image`;
  const headers = { "content-type": "application/octet-stream" };
  const sender = request({ ...{ port, path, headers, host: "127.0.0.1" }, method: "PUT" });
  const answer = new Promise<[status: number | undefined, code: unknown]>((resolve, reject) => {
    sender.once("error", reject).once("response", async (response) => {
      const text = await response.setEncoding("utf8").reduce((all, part) => all + part, "");
      resolve([response.statusCode, JSON.parse(text).code]);
    });
  });
  return { sender, answer };
}

test("an image that comes in pieces is given to the VM whole", async () => {
  const { sender, answer } = begin();
  const image = png(3 * MIB);
  for (let at = 0; at < image.length; at += MIB) sender.write(image.subarray(at, at + MIB));
  sender.end();
  expect(await answer).toEqual([200, undefined]);
  expect(images).toEqual([image]);
});

test("what is too large is answered before it has ended, and its sender may send on", async () => {
  const { sender, answer } = begin();
  sender.write(png(9 * MIB));
  expect(await answer).toEqual([413, "CLIPBOARD_TOO_LARGE"]);
  await new Promise<void>((resolve) => sender.end(png(MIB), resolve));
  expect(images).toEqual([]);
});

test("what is no PNG image, and what breaks off, is given to nobody", async () => {
  const other = begin();
  other.sender.end("GIF89a");
  expect(await other.answer).toEqual([415, "CLIPBOARD_NOT_PNG"]);
  const broken = begin();
  await new Promise<void>((resolve) => broken.sender.write(png(MIB), () => resolve()));
  broken.sender.destroy();
  await expect(broken.answer).rejects.toThrow();
  await expect.poll(() => failures).toEqual(["CLIPBOARD_NOT_PNG", "CANCELLED"]);
  expect(images).toEqual([]);
});
