import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Furnish } from "../browser/browser.ts";
import type { CdpLine } from "../browser/page-watch.ts";
import { FileServer } from "./serve-files.ts";
import { ProfileServer } from "./serve-profile.ts";

const WORKER = join(import.meta.dirname, "../files/home/file-worker.ts");
const COOKIE = { domain: "a.example", path: "/", expires: -1, httpOnly: true, secure: true };

/** A browser that has two cookies, one of which ends with it. */
class FakeBrowser {
  isWanted = true;
  isClosed = false;
  isClean = true;
  /** What was done to the next one. */
  readonly given: unknown[] = [];
  readonly line: CdpLine = {
    call: async ({ method, params }) => {
      if (method === "Storage.setCookies") this.given.push(params);
      return {
        cookies: [
          { ...COOKIE, name: "passing", value: "p", session: true },
          { ...COOKIE, name: "lasting", value: "l", session: false, expires: 4e9 },
          { nonsense: true },
        ],
      };
    },
    listen: () => () => {},
  };

  async whileClosed(work: (closed: { isClean: boolean }) => Promise<Furnish>): Promise<void> {
    this.isClosed = true;
    try {
      await (await work({ isClean: this.isClean }))(this.line);
    } finally {
      this.isClosed = false;
    }
  }
}

let home = "";
let server: Server;
let browser: FakeBrowser;
/** What a worker waits for. */
let gate: Promise<void>;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "serve-profile-"));
  mkdirSync(join(home, ".config/browservm/Default"), { recursive: true });
  writeFileSync(join(home, ".config/browservm/Default/Cookies"), "cookies");
  browser = new FakeBrowser();
  gate = Promise.resolve();
  const startWorker = (orders: string) => {
    // Nothing touches the files of a browser that runs.
    expect(browser.isClosed).toBe(true);
    return spawn(process.execPath, [WORKER, orders], {
      stdio: ["pipe", "pipe", "inherit", "pipe"],
      detached: true,
    });
  };
  const profile = new ProfileServer({
    browser,
    files: new FileServer({ home, startWorker }),
    startWorker,
    home,
  });
  server = createServer((request, response) => void gate.then(() => profile.answer(request, response)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true });
});

const ask = (init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/profile`, init);
const kept = () => join(home, ".config/browservm/browservm-session-cookies.json");

test("a profile that is saved and loaded brings the cookies of the browser's run with it", async () => {
  const saved = await ask();
  const bytes = new Uint8Array(await saved.arrayBuffer());
  expect([saved.status, saved.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
  expect(Buffer.from(bytes).includes("cookies")).toBe(true);
  // The browser that goes on has them again, and no other.
  await expect.poll(() => browser.given, { timeout: 8000 }).toHaveLength(1);
  const again = { cookies: [expect.objectContaining({ name: "passing", value: "p" })] };
  expect(browser.given).toEqual([again]);
  await rm(join(home, ".config/browservm"), { recursive: true });
  const loaded = await ask({ method: "PUT", body: bytes });
  expect([loaded.status, await loaded.json()]).toEqual([200, { files: 2, bytes: expect.any(Number) }]);
  expect(readFileSync(join(home, ".config/browservm/Default/Cookies"), "utf8")).toBe("cookies");
  await expect.poll(() => browser.given, { timeout: 8000 }).toEqual([again, again]);
});

test("a profile that is refused leaves the browser's own, and its browser comes back", async () => {
  const refused = await ask({ method: "PUT", body: "nonsense" });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, "BAD_REQUEST"]);
  expect(readFileSync(join(home, ".config/browservm/Default/Cookies"), "utf8")).toBe("cookies");
  await expect.poll(() => browser.isClosed, { timeout: 8000 }).toBe(false);
});

test("kept cookies that somebody has spoilt are none", async () => {
  writeFileSync(kept(), JSON.stringify([{ name: "evil", value: { toString: "x" } }]));
  const head = 'browservm-profile 1\n45\n[["browservm-session-cookies.json",1000000]] ';
  const body = Buffer.concat([Buffer.from(head), Buffer.alloc(1_000_000, "x")]);
  expect((await ask({ method: "PUT", body })).status).toBe(200);
  await expect.poll(() => browser.isClosed, { timeout: 8000 }).toBe(false);
  expect(browser.given).toEqual([]);
});

test("a browser that had to be killed gives no profile, and the next one has its cookies all the same", async () => {
  browser.isClean = false;
  expect((await ask()).status).toBe(500);
  expect(existsSync(kept())).toBe(false);
  await expect.poll(() => browser.given, { timeout: 8000 }).toHaveLength(1);
});

test("there is one at a time, and none where no browser runs", async () => {
  const first = ask();
  const second = await ask();
  const statuses = [(await first).status, second.status].sort();
  expect(statuses).toEqual([200, 429]);
  browser.isWanted = false;
  expect((await ask()).status).toBe(503);
});
