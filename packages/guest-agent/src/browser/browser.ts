import { closeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { notStarted, start } from "../child.ts";
import { makeDownloads } from "../files/make-downloads.ts";
import { findProgram } from "../find-program.ts";
import type { Heritage } from "../heritage.ts";
import {
  type ProcessEnd,
  type ProcessName,
  type Running,
  runningChild,
  signalProcess,
  takeOver,
} from "../process/running.ts";
import { type BrowserChild, browserChildren } from "./browser-children.ts";
import { type BrowserLook, browserFlags, PROFILE_PATH } from "./browser-flags.ts";
import { BrowserPipes } from "./browser-pipes.ts";
import { closeBrowser } from "./close-browser.ts";
import { type CdpLine, PageWatch } from "./page-watch.ts";

type Heir = NonNullable<Heritage["browser"]>;
/** What is done to processes of the browser that hold random state; the words of `identity.take`. */
export type Renewal = "renew" | "keep-pages" | "restart";

/** What a browser is given before anybody is told that it has painted. */
export type Furnish = (line: CdpLine) => Promise<void>;

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
/** What a browser shows that waits for its identity: the start page's ground, and nothing on it. */
const PARKED_PAGE = "data:text/html,<title>BrowserVM</title><body bgcolor=%2310141f>";
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
  #lastExit: string | undefined;
  /** Processes with random state of another VM, to be ended before anybody is told that this browser is ready. */
  #stale: readonly ProcessName[] = [];
  #isWanted = false;
  #isLeft = false;
  #isHasty = false;
  /** Settles when the next one may start. */
  #held: Promise<void> | undefined;
  #furnish: Furnish | undefined;
  /** Opened again after the browser was closed for a while. */
  #pageBefore: string | undefined;

  constructor(parts: BrowserParts) {
    this.#parts = parts;
    this.#heir = parts.heir;
  }

  get painted(): boolean {
    return (this.#watch?.painted ?? false) && this.#stale.length === 0 && !this.#furnish;
  }

  /** Whether one is kept running. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Ends it; the next one starts at once, with the settings of now. When this settles, `painted` is the next one's. */
  async restart(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#isHasty = true;
    running.kill("SIGKILL");
    await running.ended;
  }

  /**
   * Closes it as a person would, so that all it has is in its files, does something with them, and lets the next one start
   * with the same page, whatever came of that. What `work` answers is done to the next one first. One at a time.
   */
  async whileClosed(work: (closed: { readonly isClean: boolean }) => Promise<Furnish>): Promise<void> {
    if (this.#held) throw new Error("the browser is closed for somebody else");
    const held = Promise.withResolvers<void>();
    this.#held = held.promise;
    const { url } = this.#watch?.page ?? {};
    this.#isHasty = true;
    try {
      const isClean = await closeBrowser(this.#running, this.#watch?.line);
      this.#furnish = await work({ isClean });
    } finally {
      this.#pageBefore = url && /^https?:/.test(url) ? url : undefined;
      this.#held = undefined;
      held.resolve();
    }
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
      ...(pid ? { pid } : {}),
      ...(page ? { url: page.url.slice(0, 4096), title: page.title.slice(0, 1024) } : {}),
      ...(this.#lastExit ? { lastExit: this.#lastExit } : {}),
    };
  }

  navigate(url: string): Promise<GuestResult<"browser.navigate">> {
    if (!this.#watch) throw new Error("the browser does not run");
    return this.#watch.navigate(url);
  }

  /** For what is done in pages of its own. */
  get line(): CdpLine {
    if (!this.#watch) throw new Error("the browser does not run");
    return this.#watch.line;
  }

  /**
   * Opens an empty page in a process of its own. From there the start page begins in another new one (site isolation
   * gives `data:` and `file:` none in common), while the old one stays to be seen.
   */
  async park(): Promise<void> {
    const watch = this.#watch;
    if (!watch) return;
    await watch.navigate(PARKED_PAGE);
    await watch.awaitPainted();
  }

  /**
   * Begins to replace what holds random state, and leaves the browser to the agent after us, which takes it over with
   * what this answers. Undefined: there is none (any more), and the next one starts it.
   */
  async renewAndLeave(renewal: Renewal, startUrl: string): Promise<Heir | undefined> {
    const [running, watch] = [this.#running, this.#watch];
    // Also where none runs: it may be about to start.
    this.#isLeft = true;
    if (!running || !watch) return undefined;
    if (renewal === "restart") {
      running.kill("SIGKILL");
      return undefined;
    }
    const children = browserChildren(running.name.pid);
    const heir = { process: running.name };
    if (renewal === "keep-pages") {
      for (const child of children.filter(isService)) signalProcess(child, "SIGKILL");
      watch.leave();
      return { ...heir, stale: [] };
    }
    if (watch.page?.url !== PARKED_PAGE) await watch.navigate(PARKED_PAGE);
    // They end when the new page has painted: without a network service no navigation goes through, and the start of a
    // new one would compete with the page for the processors.
    const stale = children.filter(({ kind }) => kind === "utility" || kind === "renderer").map(nameOf);
    return { ...heir, stale, navigation: await watch.navigateAndLeave(startUrl) };
  }

  async #supervise(look: () => BrowserLook): Promise<void> {
    let pauseMs: number = RESTART_MS.first;
    while (!this.#isLeft) {
      await this.#held;
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
    const watch = this.#watchBy({ isInherited: true });
    this.#stale = heir.stale;
    const isOurs = heir.navigation !== undefined;
    void this.#awaitPaint(watch, { painted: this.#resume(watch, heir), isOurs });
    return this.#untilEnded(running, watch);
  }

  /** Settles when it has ended. */
  async #runOnce(look: BrowserLook): Promise<void> {
    const program = PROGRAMS.map(findProgram).find((path) => path !== undefined);
    if (!program) throw new Error("there is no Chromium in this image");
    await Promise.all([forgetProfileLock(), makeDownloads(), this.#pipes.make()]);
    // Read last: settings that come after this find a browser that runs, and `restart` ends it.
    const session = await this.#parts.sessionEnvironment();
    // Our successor starts one itself, and two cannot share a profile.
    if (this.#isLeft || this.#held) return;
    const { commands, answers } = this.#pipes.openForBrowser();
    const child = start(program, browserFlags(look, session), {
      stdio: ["ignore", "ignore", "inherit", commands, answers],
      asBrowserUser: { env: { ...browserUserEnvironment(session), DBUS_SESSION_BUS_ADDRESS: "disabled:" } },
    });
    for (const fd of [commands, answers]) closeSync(fd);
    const failed = new Promise<never>((_, reject) =>
      child.once("error", (error) => reject(notStarted(program, error))),
    );
    const watch = this.#watchBy({ isInherited: false });
    void this.#awaitPaint(watch, { painted: this.#begin(watch), isOurs: true });
    await Promise.race([failed, this.#untilEnded(runningChild(child), watch)]);
  }

  async #begin(watch: PageWatch): Promise<void> {
    await watch.start();
    await this.#furnish?.(watch.line);
    this.#furnish = undefined;
    const url = this.#pageBefore;
    this.#pageBefore = undefined;
    // A site that does not answer is no reason to end a browser that was given what the next one would lack.
    if (url) await watch.navigate(url).catch(() => watch.awaitPainted());
  }

  async #resume(watch: PageWatch, heir: Heir): Promise<void> {
    await watch.resume(heir.navigation);
    for (const name of this.#stale) signalProcess(name, "SIGKILL");
    this.#stale = [];
    if (heir.navigation !== undefined) await watch.forgetHistory();
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

/** Services live in processes of their own; that of the network makes TLS keys. */
const isService = ({ kind }: BrowserChild): boolean => kind === "utility";
const nameOf = ({ pid, startTicks }: BrowserChild): ProcessName => ({ pid, startTicks });

/** A killed browser (or a restored profile) leaves its lock, and the next one takes the profile for in use. */
async function forgetProfileLock(): Promise<void> {
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) {
    await rm(`${BROWSER_USER.home}/${PROFILE_PATH}/${name}`, { force: true });
  }
}
