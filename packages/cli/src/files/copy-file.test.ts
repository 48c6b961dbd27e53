import { once } from "node:events";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { BrowserVmError } from "@browservm/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CliContext } from "../context.ts";
import { copyFile } from "./copy-file.ts";

const ID = "ses_aaaaaaaaaaaaaaaaaaaa";

let directory = "";
let server: Server;
let context: CliContext;
let asked: {
  method?: string | undefined;
  url?: string | undefined;
  length?: string | undefined;
  body: string;
}[];
let breaks = false;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "copy-file-"));
  asked = [];
  breaks = false;
  server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    asked.push({ method: request.method, url: request.url, length: request.headers["content-length"], body });
    if (request.url?.includes("full")) {
      const problem = new BrowserVmError("GUEST_DISK_FULL", "no space").toProblem();
      response.writeHead(507, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
    } else if (request.method === "PUT") {
      response.writeHead(201).end(JSON.stringify({ path: "Downloads/a.txt", size: body.length }));
    } else {
      response.writeHead(200, { "content-length": 10 });
      response.write("hello");
      if (breaks) setTimeout(() => response.destroy(), 30);
      else response.end("world");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  context = new CliContext({ BVM_BASE_URL: baseUrl, BVM_API_KEY: "bvm_x" }, new AbortController().signal);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

const bodyOf = async (request: IncomingMessage) => String(await buffer(request));
const here = (name: string) => join(directory, name);

test("a file goes in with its size, under its own name where the place is a directory", async () => {
  writeFileSync(here("a.txt"), "content");
  await copyFile(context, here("a.txt"), `${ID}:Downloads/`, "rename");
  expect(asked).toEqual([
    {
      method: "PUT",
      url: `/v1/sessions/${ID}/files/Downloads/a.txt?ifExists=rename`,
      length: "7",
      body: "content",
    },
  ]);
});

test("a file comes out whole, or nothing is left of it", async () => {
  await copyFile(context, `${ID}:Downloads/a b.txt`, here("out"), "replace");
  expect(readFileSync(here("out"), "utf8")).toBe("helloworld");
  expect(asked[0]?.url).toBe(`/v1/sessions/${ID}/files/Downloads/a%20b.txt`);
  await mkdir(here("dir"));
  await copyFile(context, `${ID}:Downloads/x.txt`, here("dir"), "replace");
  expect(readFileSync(here("dir/x.txt"), "utf8")).toBe("helloworld");
  breaks = true;
  await expect(copyFile(context, `${ID}:Downloads/x`, here("half"), "replace")).rejects.toMatchObject({
    code: "OUTPUT_NOT_WRITTEN",
  });
  expect(readdirSync(directory).toSorted()).toEqual(["dir", "out"]);
});

test("a file that comes out is written through no link that waits for it", async () => {
  writeFileSync(here("other"), "untouched");
  symlinkSync(here("other"), here("out.half"));
  await copyFile(context, `${ID}:Downloads/x`, here("out"), "replace");
  expect([readFileSync(here("out"), "utf8"), readFileSync(here("other"), "utf8")]).toEqual([
    "helloworld",
    "untouched",
  ]);
});

test("refusals come through, and what is no copy is refused before anything is asked", async () => {
  writeFileSync(here("a"), "content");
  const codes = [
    copyFile(context, here("a"), `${ID}:full`, "replace"),
    copyFile(context, here("none"), `${ID}:a`, "replace"),
    copyFile(context, directory, `${ID}:a`, "replace"),
    copyFile(context, here("a"), here("b"), "replace"),
    copyFile(context, `${ID}:a`, `${ID}:b`, "replace"),
    copyFile(context, here("a"), `${ID}:../b`, "replace"),
    copyFile(context, `${ID}:a`, here("no/such/directory"), "replace"),
  ].map((work) =>
    work.then(
      () => "done",
      (error: { code: string }) => error.code,
    ),
  );
  expect(await Promise.all(codes)).toEqual([
    "GUEST_DISK_FULL",
    "BAD_REQUEST",
    "BAD_REQUEST",
    "BAD_REQUEST",
    "BAD_REQUEST",
    "BAD_REQUEST",
    "OUTPUT_NOT_WRITTEN",
  ]);
});
