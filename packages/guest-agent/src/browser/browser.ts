import { closeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { notStarted, start } from "../child.ts";
import { findProgram } from "../find-program.ts";
import type { Heritage } from "../heritage.ts";
import { type ProcessEnd, type Running, runningChild, takeOver } from "../process/running.ts";
import { browserChildren } from "./browser-children.ts";
import { type BrowserLook, browserFlags } from "./browser-flags.ts";
import { BrowserPipes } from "./browser-pipes.ts";
import { PageWatch } from "./page-watch.ts";

type Heir = NonNullable<Heritage["browser"]>;
/** What is done to processes of the browser that hold random state; the words of `identity.take`. */
export type Renewal = "renew" | "keep-pages" | "restart";

export interface BrowserParts {
  readonly log: AgentLog;
  sessionEnvironment(): Promise<Record<string, string>>;
  onExit(end: ProcessEnd): void;
  /** A browser that the agent before us has left. */
  readonly heir?: Heir | undefined;
}

/** Debian's own program before its wrapper, a shell script that adds flags that we do not want. */
const PROGRAMS = [
  "/usr/lib/chromium/chromium",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
] as const;
/**
 * The network service makes TLS keys, a renderer seeds Math.random and WebCrypto when it starts, and the storage service
 * is cheap. Under `keep-pages` renderers hold what a person has open.
 */
const RENEWED: Readonly<Record<Exclude<Renewal, "restart">, ReadonlySet<string>>> = {
  renew: new Set(["utility", "renderer", "gpu-process"]),
  "keep-pages": new Set(["utility"]),
};
const RESTART_MS = { first: 1000, most: 60_000 } as const;
/** One that lived this long did not die of its start, so the next start comes soon. */
const HEALTHY_MS = 60_000;

/** Chromium in the session's display, as the browser's user with its sandbox on; started again when it dies. */
export class Browser {
  readonly #parts: BrowserParts;
  readonly #pipes = new BrowserPipes();
  #heir: Heir | undefined;
  #running: Running | undefined;
  #watch: PageWatch | undefined;
  /** In milliseconds since 1970, so that the next agent knows it. */
  #startedAt = 0;
  #lastExit: string | undefined;
  #isWanted = false;
  #isLeft = false;
  #isHasty = false;

  constructor(parts: BrowserParts) {
    this.#parts = parts;
    this.#heir = parts.heir;
  }

  get painted(): boolean {
    return this.#watch?.painted ?? false;
  }

  /** Whether one is kept running. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Ends it; the next one starts at once, with the settings of now. */
  async restart(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#isHasty = true;
    running.kill("SIGKILL");
    await running.ended;
  }

  /** Keeps a browser running from now on. Does nothing when it does already. */
  keepRunning(look: () => BrowserLook): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#supervise(look);
  }

  status(): GuestResult<"browser.status"> {
    const page = this.#watch?.page;
    const pid = this.#running?.name.pid;
    return {
      running: this.#running !== undefined,
      painted: this.painted,
      ...(this.#watch?.version ? { version: this.#watch.version.slice(0, 128) } : {}),
      ...(pid ? { pid, startedMsAgo: Math.max(0, Date.now() - this.#startedAt) } : {}),
      ...(page ? { url: page.url.slice(0, 4096), title: page.title.slice(0, 1024) } : {}),
      ...(this.#lastExit ? { lastExit: this.#lastExit } : {}),
    };
  }

  navigate(url: string): Promise<GuestResult<"browser.navigate">> {
    if (!this.#watch) throw new Error("the browser does not run");
    return this.#watch.navigate(url);
  }

  /**
   * Replaces what holds random state, and leaves the browser to the agent after us, which takes it over with what this
   * answers. Undefined: there is none (any more), and the next one starts it.
   */
  async renewAndLeave(renewal: Renewal, startUrl: string): Promise<Heir | undefined> {
    const [running, watch] = [this.#running, this.#watch];
    if (!running || !watch) return undefined;
    this.#isLeft = true;
    if (renewal === "restart") {
      running.kill("SIGKILL");
      return undefined;
    }
    const victims = browserChildren(running.name.pid).filter(({ kind }) => RENEWED[renewal].has(kind));
    for (const { pid } of victims) killOne(pid);
    const heir = { process: running.name, startedAt: this.#startedAt };
    if (renewal === "renew") return { ...heir, navigation: await watch.navigateAndLeave(startUrl) };
    watch.leave();
    return heir;
  }

  async #supervise(look: () => BrowserLook): Promise<void> {
    let pauseMs: number = RESTART_MS.first;
    while (!this.#isLeft) {
      const begun = performance.now();
      try {
        await (this.#inherit() ?? this.#runOnce(look()));
      } catch (error) {
        this.#lastExit = (error as Error).message.slice(0, 512);
        this.#parts.log.warn(`the browser does not start: ${this.#lastExit}`);
      }
      if (performance.now() - begun > HEALTHY_MS || this.#isHasty) pauseMs = RESTART_MS.first;
      if (this.#isHasty) {
        this.#isHasty = false;
        continue;
      }
      await sleep(pauseMs);
      pauseMs = Math.min(RESTART_MS.most, pauseMs * 2);
    }
  }

  /** Settles when the browser that was left to us has ended; undefined when there is none. */
  #inherit(): Promise<void> | undefined {
    const heir = this.#heir;
    this.#heir = undefined;
    const running = heir && takeOver(heir.process);
    if (!running) return undefined;
    this.#startedAt = heir.startedAt;
    const watch = this.#watchBy({ isInherited: true });
    const isOurs = heir.navigation !== undefined;
    void this.#awaitPaint(watch, { painted: watch.resume(heir.navigation), isOurs });
    return this.#untilEnded(running, watch);
  }

  /** Settles when it has ended. */
  async #runOnce(look: BrowserLook): Promise<void> {
    const program = PROGRAMS.map(findProgram).find((path) => path !== undefined);
    if (!program) throw new Error("there is no Chromium in this image");
    const session = await this.#parts.sessionEnvironment();
    await Promise.all([forgetProfileLock(), this.#pipes.make()]);
    const { commands, answers } = this.#pipes.openForBrowser();
    const child = start(program, browserFlags(look, session), {
      stdio: ["ignore", "ignore", "inherit", commands, answers],
      asBrowserUser: { env: { ...browserUserEnvironment(session), DBUS_SESSION_BUS_ADDRESS: "disabled:" } },
    });
    for (const fd of [commands, answers]) closeSync(fd);
    const failed = new Promise<never>((_, reject) =>
      child.once("error", (error) => reject(notStarted(program, error))),
    );
    this.#startedAt = Date.now();
    const watch = this.#watchBy({ isInherited: false });
    void this.#awaitPaint(watch, { painted: watch.start(), isOurs: true });
    await Promise.race([failed, this.#untilEnded(runningChild(child), watch)]);
  }

  #watchBy(options: { readonly isInherited: boolean }): PageWatch {
    this.#watch = new PageWatch(this.#pipes.open(), (line) => this.#parts.log.info(line), options);
    return this.#watch;
  }

  async #untilEnded(running: Running, watch: PageWatch): Promise<void> {
    this.#running = running;
    const end = await running.ended;
    watch.close();
    this.#running = undefined;
    this.#watch = undefined;
    this.#lastExit =
      end.code === null && end.signal === null ? "ended" : `ended with ${end.signal ?? `status ${end.code}`}`;
    this.#parts.log.warn(`the browser ${this.#lastExit}`);
    this.#parts.onExit(end);
  }

  /** `isOurs`: nobody has seen anything in it yet, so nothing is lost when it is started anew. */
  async #awaitPaint(
    watch: PageWatch,
    { painted, isOurs }: { readonly painted: Promise<void>; readonly isOurs: boolean },
  ): Promise<void> {
    const begun = performance.now();
    try {
      await painted;
      const ms = Math.round(performance.now() - begun);
      this.#parts.log.info(`${watch.version} painted after ${ms} ms`);
    } catch (error) {
      if (this.#isLeft) return;
      this.#parts.log.warn(`the browser did not paint: ${(error as Error).message}`);
      if (isOurs && this.#watch === watch) this.#running?.kill("SIGKILL");
    }
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A killed browser (or a restored profile) leaves its lock, and the next one takes the profile for in use. */
async function forgetProfileLock(): Promise<void> {
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) {
    await rm(`${BROWSER_USER.home}/.config/browservm/${name}`, { force: true });
  }
}
