import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ToolJob } from "@browservm/contract/guest/signin";
import { type Say, SigninError } from "../../orders.ts";
import { FileWatch } from "../files/file-watch.ts";
import { findUrls, webAddress } from "./find-urls.ts";
import { installTool } from "./install-tool.ts";
import { compile, Prompts } from "./prompts.ts";
import { Screen } from "./screen.ts";
import { startUnderTerminal, toolEnvironment } from "./start-under-terminal.ts";

export interface ToolRunParts {
  readonly job: ToolJob;
  readonly home: string;
  /** The directory of the programs that stand for a browser. */
  readonly shims: string;
  readonly say: Say;
}

/** Shown by a tool in all; one that draws all the time needs a long time for it. */
const MOST_BYTES = 32 * 1_048_576;
const MOST_URLS = 32;
/** The screen is read when the tool has paused so long, or draws for longer than `most`. */
const LOOK_MS = { quiet: 80, most: 500 } as const;
const FILES_MS = 250;
/** After the tool's end its files are looked for so long. */
const AFTER_END_MS = 2000;

/** One run of a tool under a terminal: what it shows is read, answered, and forgotten. */
export class ToolRun {
  readonly #parts: ToolRunParts;
  readonly #prompts: Prompts;
  readonly #urlPattern: RegExp | undefined;
  readonly #told = new Set<string>();
  readonly #watch: FileWatch;
  #child: ChildProcess | undefined;
  /** Once it has ended. */
  #exit: { readonly code: number | null } | undefined;

  constructor(parts: ToolRunParts) {
    this.#parts = parts;
    const { prompts, urlPattern, files } = parts.job;
    this.#prompts = new Prompts(prompts);
    this.#urlPattern = urlPattern === undefined ? undefined : compile(urlPattern, "");
    this.#watch = new FileWatch(parts.home, files);
  }

  type(text: string): void {
    if (this.#child?.stdin?.writable) this.#child.stdin.write(text);
  }

  /** Settles when the tool has ended and its files are there; fails with why they will not be. */
  async untilOver(signal: AbortSignal): Promise<void> {
    const { job, home, shims, say } = this.#parts;
    const place = { env: toolEnvironment(process.env, job.env, shims), cwd: job.cwd ?? home };
    if (job.install) {
      say({ type: "phase", phase: "installing" });
      const { command, timeoutMs } = job.install;
      await installTool({ ...place, command }, { timeoutMs, signal });
    }
    await this.#watch.begin();
    const child = startUnderTerminal({ ...place, command: job.command });
    this.#child = child;
    say({ type: "phase", phase: "running" });
    const ended = this.#untilEnded(child);
    await Promise.race([Promise.all([ended, this.#untilFilesReady()]), this.#read(child).then(() => never)]);
  }

  async #untilEnded(child: ChildProcess): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once("error", reject).once("exit", resolve);
    // It is told by its exit.
    child.stdin?.on("error", () => {});
    const code = await promise;
    this.#exit = { code };
    this.#parts.say({ type: "exited", code, signal: null });
  }

  async #untilFilesReady(): Promise<void> {
    let leftMs = AFTER_END_MS;
    while (!(await this.#watch.isReady({ mayBeOld: this.#exit?.code === 0 }))) {
      if (this.#watch.isHopeless || leftMs <= 0) throw this.#whyNot();
      if (this.#exit) leftMs -= FILES_MS;
      await sleep(FILES_MS);
    }
    const paths = this.#parts.job.files.map(({ path }) => path);
    this.#parts.say({ type: "files_ready", paths });
  }

  #whyNot(): SigninError {
    const { fault } = this.#watch;
    if (fault && fault.code !== "FILE_NOT_FOUND") return fault;
    const { code } = this.#exit ?? {};
    if (code !== 0)
      return new SigninError(
        "SIGNIN_TOOL_ENDED",
        `the tool ended with status ${code ?? "unknown"} before its files were there`,
      );
    const words = fault?.message ?? "they keep changing";
    return new SigninError("SIGNIN_FILES_MISSING", `the tool has ended, but ${words}`, fault?.path);
  }

  /** Shows what the tool writes, as fast as it can be read. SIGNIN_TOOL_FLOODS. */
  async #read({ stdout }: ChildProcess): Promise<void> {
    using screen = new Screen({
      reply: (text) => this.type(text),
      onUrl: (url, by) => this.#tellUrl(url, by),
    });
    const looks = new Looks((isQuiet) => this.#look(screen, isQuiet));
    let bytes = 0;
    for await (const chunk of stdout ?? []) {
      bytes += (chunk as Buffer).length;
      if (bytes > MOST_BYTES)
        throw new SigninError("SIGNIN_TOOL_FLOODS", `the tool wrote more than ${MOST_BYTES} bytes`);
      await screen.write(chunk as Buffer);
      looks.due();
    }
    looks.end();
  }

  #look(screen: Screen, isQuiet: boolean): void {
    const { text, cursor } = screen.read();
    for (const { url, end } of findUrls(text)) if (isQuiet || end !== cursor) this.#tellUrl(url, "printed");
    for (const { typed, frame } of this.#prompts.look(text)) {
      if (typed !== undefined) this.type(typed);
      this.#parts.say(frame);
    }
  }

  #tellUrl(text: string, by: "printed" | "opened"): void {
    const url = webAddress(text);
    if (url === undefined || this.#told.has(url) || this.#told.size >= MOST_URLS) return;
    if (this.#urlPattern && !this.#urlPattern.test(url)) return;
    this.#told.add(url);
    this.#parts.say({ type: "url", url, by });
  }
}

const never = new Promise<never>(() => {});

/** When the screen is read: after a pause, and now and then where there is none. */
class Looks {
  readonly #look: (isQuiet: boolean) => void;
  #quiet: NodeJS.Timeout | undefined;
  #lookedAt = performance.now();

  constructor(look: (isQuiet: boolean) => void) {
    this.#look = look;
  }

  /** Something was written. */
  due(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#now(true), LOOK_MS.quiet);
    if (performance.now() - this.#lookedAt > LOOK_MS.most) this.#now(false);
  }

  /** Nothing more will come. */
  end(): void {
    clearTimeout(this.#quiet);
    this.#now(true);
  }

  #now(isQuiet: boolean): void {
    this.#lookedAt = performance.now();
    this.#look(isQuiet);
  }
}
