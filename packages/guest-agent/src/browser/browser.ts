import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { notStarted, start } from "../child.ts";
import { findProgram } from "../find-program.ts";
import { type BrowserLook, browserFlags } from "./browser-flags.ts";
import { PageWatch } from "./page-watch.ts";

export interface BrowserParts {
  readonly log: AgentLog;
  sessionEnvironment(): Promise<Record<string, string>>;
  onExit(end: { code: number | null; signal: string | null }): void;
}

/** Debian's own program before its wrapper, a shell script that adds flags that we do not want. */
const PROGRAMS = [
  "/usr/lib/chromium/chromium",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
] as const;
const RESTART_MS = { first: 1000, most: 60_000 } as const;
/** One that lived this long did not die of its start, so the next start comes soon. */
const HEALTHY_MS = 60_000;

/** Chromium in the session's display, as the browser's user with its sandbox on; started again when it dies. */
export class Browser {
  readonly #parts: BrowserParts;
  #child: ChildProcess | undefined;
  #watch: PageWatch | undefined;
  #startedAt = 0;
  #lastExit: string | undefined;
  #isWanted = false;

  constructor(parts: BrowserParts) {
    this.#parts = parts;
  }

  get painted(): boolean {
    return this.#watch?.painted ?? false;
  }

  /** Keeps a browser running from now on. Does nothing when it does already. */
  keepRunning(look: () => BrowserLook): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#supervise(look);
  }

  status(): GuestResult<"browser.status"> {
    const page = this.#watch?.page;
    const pid = this.#child?.pid;
    return {
      running: this.#child !== undefined,
      painted: this.painted,
      ...(this.#watch?.version ? { version: this.#watch.version.slice(0, 128) } : {}),
      ...(pid ? { pid, startedMsAgo: performance.now() - this.#startedAt } : {}),
      ...(page ? { url: page.url.slice(0, 4096), title: page.title.slice(0, 1024) } : {}),
      ...(this.#lastExit ? { lastExit: this.#lastExit } : {}),
    };
  }

  navigate(url: string): Promise<GuestResult<"browser.navigate">> {
    if (!this.#watch) throw new Error("the browser does not run");
    return this.#watch.navigate(url);
  }

  async #supervise(look: () => BrowserLook): Promise<void> {
    let pauseMs: number = RESTART_MS.first;
    while (true) {
      const begun = performance.now();
      try {
        await this.#runOnce(look());
      } catch (error) {
        this.#lastExit = (error as Error).message.slice(0, 512);
        this.#parts.log.warn(`the browser does not start: ${this.#lastExit}`);
      }
      if (performance.now() - begun > HEALTHY_MS) pauseMs = RESTART_MS.first;
      await sleep(pauseMs);
      pauseMs = Math.min(RESTART_MS.most, pauseMs * 2);
    }
  }

  /** Settles when it has ended. */
  async #runOnce(look: BrowserLook): Promise<void> {
    const program = PROGRAMS.map(findProgram).find((path) => path !== undefined);
    if (!program) throw new Error("there is no Chromium in this image");
    const session = await this.#parts.sessionEnvironment();
    await forgetProfileLock();
    const child = start(program, browserFlags(look, session), {
      stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
      asBrowserUser: { env: { ...browserUserEnvironment(session), DBUS_SESSION_BUS_ADDRESS: "disabled:" } },
    });
    this.#child = child;
    this.#startedAt = performance.now();
    const [, , , toBrowser, fromBrowser] = child.stdio as unknown as [null, null, null, Writable, Readable];
    const watch = new PageWatch({ toBrowser, fromBrowser }, (line) => this.#parts.log.info(line));
    this.#watch = watch;
    void this.#awaitPaint(watch);
    const end = await exitOf(child, program);
    this.#child = undefined;
    this.#watch = undefined;
    this.#lastExit = `ended with ${end.signal ?? `status ${end.code}`}`;
    this.#parts.log.warn(`the browser ${this.#lastExit}`);
    this.#parts.onExit(end);
  }

  async #awaitPaint(watch: PageWatch): Promise<void> {
    try {
      await watch.start();
      const ms = Math.round(performance.now() - this.#startedAt);
      this.#parts.log.info(`${watch.version} painted after ${ms} ms`);
    } catch (error) {
      this.#parts.log.warn(`the browser did not paint: ${(error as Error).message}`);
      // Nothing was seen in it yet, so nothing is lost; the next one starts at once.
      if (this.#watch === watch) this.#child?.kill("SIGKILL");
    }
  }
}

function exitOf(
  child: ChildProcess,
  program: string,
): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => reject(notStarted(program, error)));
  });
}

/** A killed browser (or a restored profile) leaves its lock, and the next one takes the profile for in use. */
async function forgetProfileLock(): Promise<void> {
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) {
    await rm(`${BROWSER_USER.home}/.config/browservm/${name}`, { force: true });
  }
}
