import type { ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import * as z from "zod";
import { PROFILE_PATH } from "../../browser/browser-flags.ts";
import type { CdpLine } from "../../browser/page-watch.ts";
import { collect } from "../../child.ts";
import { CdpCookie, fromCdp, toCdp } from "../../signin/state/cookies.ts";
import { type FileOrders, WHOLE, WHOLE_FD } from "../home/file-orders.ts";

type Cookie = ReturnType<typeof fromCdp>;

export interface KeptCookiesParts {
  readonly home: string;
  startWorker(orders: string): ChildProcess;
}

const FILE = `${PROFILE_PATH}/browservm-session-cookies.json`;
const CALL_MS = 30_000;
const WORKER_MS = 60_000;
/** A file that a page cannot write, but a program of the same user can. */
const MOST = { cookies: 5000, chars: 4_000_000 } as const;
const Told = z.object({ cookies: z.array(z.unknown()) });

/**
 * Cookies that end with the browser's run, which Chromium does not give to its next run. Many a sign-in is one of them, so
 * a profile keeps them in a file of its own.
 */
export class KeptCookies {
  readonly #parts: KeptCookiesParts;

  constructor(parts: KeptCookiesParts) {
    this.#parts = parts;
  }

  /** Those that the browser has now; of one that does not answer, none. */
  async ask(browser: { readonly line: CdpLine }): Promise<Cookie[]> {
    try {
      const told = await browser.line.call({ method: "Storage.getCookies", timeoutMs: CALL_MS });
      return cookiesOf(Told.parse(told).cookies)
        .filter(({ session }) => session)
        .map(fromCdp);
    } catch {
      return []; // it does not run; what it had of them is gone with it
    }
  }

  async write(cookies: readonly Cookie[]): Promise<void> {
    const worker = this.#start("write");
    (worker.stdio[WHOLE_FD] as Writable | null)?.on("error", () => {}).end(WHOLE);
    await this.#end(worker, JSON.stringify(cookies));
  }

  /** None where there is no such file, or another one than ours. */
  async read(): Promise<Cookie[]> {
    try {
      const worker = this.#start("read");
      (worker.stdio[WHOLE_FD] as Writable | null)?.on("error", () => {}).end();
      const content = await this.#end(worker, "");
      return content.length > MOST.chars ? [] : Kept.parse(JSON.parse(content));
    } catch {
      return [];
    }
  }

  /** One at a time: one that the browser refuses takes no other with it. */
  async give(line: CdpLine, cookies: readonly Cookie[]): Promise<void> {
    for (const cookie of cookies) {
      const params = { cookies: [toCdp(cookie)] };
      await line.call({ method: "Storage.setCookies", params, timeoutMs: CALL_MS }).catch(() => {}); // refused
    }
  }

  #start(act: "read" | "write"): ChildProcess {
    const orders: FileOrders = { act, home: this.#parts.home, path: FILE, ifExists: "replace" };
    return this.#parts.startWorker(JSON.stringify(orders));
  }

  /** What the worker says after its answer. */
  async #end(worker: ChildProcess, input: string): Promise<string> {
    const { stdout } = await collect(worker, { file: "the file worker", input, timeoutMs: WORKER_MS });
    const end = stdout.indexOf("\n");
    if (!stdout.startsWith('{"ok":true')) throw new Error("the session's cookies could not be kept");
    return stdout.slice(end + 1);
  }
}

const cookiesOf = (told: readonly unknown[]): CdpCookie[] =>
  told.slice(0, MOST.cookies).flatMap((cookie) => CdpCookie.safeParse(cookie).data ?? []);

/** As they were written; `toCdp` takes nothing else. */
const Kept = z
  .array(
    CdpCookie.pick({
      name: true,
      value: true,
      domain: true,
      path: true,
      secure: true,
      httpOnly: true,
      sameSite: true,
    }),
  )
  .max(MOST.cookies);
