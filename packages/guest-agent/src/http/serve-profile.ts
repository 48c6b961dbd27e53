import type { ChildProcess } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Browser } from "../browser/browser.ts";
import { PROFILE_PATH } from "../browser/browser-flags.ts";
import { BROWSER_USER } from "../browser-user.ts";
import { KeptCookies } from "../files/profile/kept-cookies.ts";
import type { FileServer } from "./serve-files.ts";

export interface ProfileServerParts {
  readonly browser: Pick<Browser, "whileClosed" | "line" | "isWanted">;
  readonly files: Pick<FileServer, "carry" | "refuse">;
  /** As for files. */
  startWorker(orders: string): ChildProcess;
  readonly home?: string;
}

/** The browser's profile over HTTP: read or replaced while the browser is closed, by one at a time. */
export class ProfileServer {
  readonly #parts: ProfileServerParts;
  readonly #home: string;
  readonly #kept: KeptCookies;
  #isBusy = false;

  constructor(parts: ProfileServerParts) {
    this.#parts = parts;
    this.#home = parts.home ?? BROWSER_USER.home;
    this.#kept = new KeptCookies({ home: this.#home, startWorker: parts.startWorker });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { files, browser } = this.#parts;
    const refuse = (status: number, code: string, why: string) =>
      files.refuse(request, response, { status, code, why });
    if (!browser.isWanted) return refuse(503, "INTERNAL", "no browser runs here");
    if (this.#isBusy) return refuse(429, "RATE_LIMITED", "somebody has the profile already");
    this.#isBusy = true;
    try {
      await (request.method === "PUT" ? this.#load(request, response) : this.#save(request, response));
    } catch (error) {
      this.#fail(request, response, error as Error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #save(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { browser, files } = this.#parts;
    // Chromium forgets these when it ends, so the next one is given them back.
    const cookies = await this.#kept.ask(browser);
    const send = async (isClean: boolean) => {
      if (!isClean) throw new Error("the browser did not close in time, so its profile may not be whole");
      await this.#kept.write(cookies);
      await files.carry(this.#orders("read-profile"), request, response);
    };
    await browser.whileClosed(async ({ isClean }) => {
      await send(isClean).catch((error: Error) => this.#fail(request, response, error));
      return (line) => this.#kept.give(line, cookies);
    });
  }

  async #load(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { browser, files } = this.#parts;
    await browser.whileClosed(async () => {
      await files.carry(this.#orders("write-profile"), request, response);
      const cookies = await this.#kept.read();
      return (line) => this.#kept.give(line, cookies);
    });
  }

  #fail(request: IncomingMessage, response: ServerResponse, { message }: Error): void {
    if (response.headersSent) response.destroy();
    else
      this.#parts.files.refuse(request, response, {
        status: 500,
        code: "INTERNAL",
        why: message.slice(0, 300),
      });
  }

  #orders(act: "read-profile" | "write-profile") {
    return { act, home: this.#home, path: PROFILE_PATH, ifExists: "replace" } as const;
  }
}
