import type { ChildProcess } from "node:child_process";
import { chmod, chown, mkdir, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_DISPLAY } from "@browservm/contract/display";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { notStarted, run, runOrThrow, start } from "../child.ts";
import { findProgram } from "../find-program.ts";
import type { Heritage } from "../heritage.ts";
import { type Running, runningChild, takeOver } from "../process/running.ts";
import { displayKeymap } from "./keymap.ts";
import { currentSize, modeLine } from "./xrandr.ts";

/** RFB on the guest's loopback only; the agent's HTTP server is the way in. */
export const VNC_PORT = 5901;
/** What a display without windows shows; told apart from black, which is a display that is not there. */
const ROOT_COLOUR = "#1d2733";
/** Light ones, the lightest first: openbox alone costs half a minute where it is emulated. */
const WINDOW_MANAGERS = [
  { program: "matchbox-window-manager", args: ["-use_titlebar", "no", "-use_cursor", "yes"] },
  { program: "evilwm", args: ["-bw", "0"] },
  { program: "openbox", args: ["--sm-disable"] },
] as const;

const READY_MS = 120_000;
const COMMAND_MS = 60_000;
const RESTART_MS = { first: 1000, most: 30_000 } as const;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The X display :1 with its window manager, both of the browser's user; started again when it dies. */
export class Display {
  readonly #log: AgentLog;
  #size: Size = DEFAULT_DISPLAY;
  #server: Running | undefined;
  #isReady = false;
  #starting: Promise<void> | undefined;

  /** With a display that the agent before us has left, it is up from the start. */
  constructor(log: AgentLog, heir?: Heritage["display"]) {
    this.#log = log;
    const server = heir && takeOver(heir.server);
    if (!heir || !server) return;
    this.#size = { width: heir.width, height: heir.height };
    this.#starting = Promise.resolve();
    this.#follow(server);
    this.#isReady = true;
  }

  /** What the agent after us needs to take it over. */
  get heir(): Heritage["display"] {
    return this.#isReady && this.#server ? { server: this.#server.name, ...this.#size } : undefined;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get size(): Size {
    return this.#size;
  }

  /** Settles when programs can open windows, however often it takes to start. Asked again, it stays as it is. */
  start(size: Size): Promise<void> {
    if (!this.#starting) {
      this.#size = size;
      this.#starting = this.#keepStarting();
    }
    return this.#starting;
  }

  /** Changes the screen's size. A person's viewer can change it, too; `readSize` tells. */
  async resize(size: Size): Promise<Size> {
    if (!this.#isReady) throw new Error("the display is not up");
    const { name, args } = modeLine(size);
    const output = "VNC-0";
    await this.#xrandr(["--newmode", name, ...args]); // fails when the mode exists, which is as good
    await this.#xrandr(["--addmode", output, name]);
    const { code, stderr } = await this.#xrandr(["--output", output, "--mode", name]);
    if (code !== 0) throw new Error(`xrandr: ${stderr.trim().slice(-300)}`);
    return this.readSize();
  }

  async readSize(): Promise<Size> {
    if (this.#isReady) {
      const { stdout } = await this.#xrandr(["--current"]);
      this.#size = currentSize(stdout) ?? this.#size;
    }
    return this.#size;
  }

  #xrandr(args: readonly string[]) {
    return run("xrandr", args, { timeoutMs: COMMAND_MS, asBrowserUser: { env: browserUserEnvironment({}) } });
  }

  async #startServer(): Promise<void> {
    await prepareDirectories();
    const { width, height } = this.#size;
    const begun = performance.now();
    const args = [BROWSER_USER.display, "-geometry", `${width}x${height}`, "-depth", "24"];
    args.push("-rfbport", String(VNC_PORT), "-localhost", "-SecurityTypes", "None", "-AlwaysShared");
    args.push("-nolisten", "tcp", "-desktop", "BrowserVM", "-AcceptSetDesktopSize", "-displayfd", "3");
    const server = start("Xtigervnc", args, {
      stdio: ["ignore", "ignore", "inherit", "pipe"],
      asBrowserUser: { env: browserUserEnvironment({}) },
    });
    this.#follow(runningChild(server));
    await saysItsDisplay(server);
    this.#isReady = true;
    this.#log.info(`display ${width}x${height} is up after ${Math.round(performance.now() - begun)} ms`);
    await this.#dress();
  }

  /** Colour, keymap and window manager are wanted, but a display without them is still a display. */
  async #dress(): Promise<void> {
    const asBrowserUser = { env: browserUserEnvironment({}) };
    const manager = WINDOW_MANAGERS.find(({ program }) => findProgram(program));
    if (manager) {
      const child = start(manager.program, manager.args, { stdio: "ignore", asBrowserUser });
      child.once("error", (error) => this.#log.warn(`${manager.program}: ${error.message}`));
    }
    const keymap = { input: displayKeymap(), timeoutMs: COMMAND_MS, asBrowserUser };
    await runOrThrow("xkbcomp", ["-w0", "-", BROWSER_USER.display], keymap).catch((error: Error) =>
      this.#log.warn(`the keyboard has no characters but those of a US one: ${error.message}`),
    );
    await runOrThrow("xsetroot", ["-solid", ROOT_COLOUR], { timeoutMs: COMMAND_MS, asBrowserUser }).catch(
      (error: Error) => this.#log.warn(`xsetroot: ${error.message}`),
    );
  }

  #follow(server: Running): void {
    this.#server = server;
    void server.ended.then(({ code, signal }) => {
      const wasReady = this.#isReady;
      this.#isReady = false;
      this.#log.warn(`the display ended: ${code ?? signal ?? "nobody saw how"}`);
      if (wasReady) this.#starting = this.#keepStarting();
    });
  }

  async #keepStarting(): Promise<void> {
    for (let pauseMs: number = RESTART_MS.first; ; pauseMs = Math.min(RESTART_MS.most, pauseMs * 2)) {
      try {
        await this.#startServer();
        return;
      } catch (error) {
        this.#log.warn(`the display does not start: ${(error as Error).message}`);
        this.#server?.kill("SIGKILL");
      }
      await sleep(pauseMs);
    }
  }
}

/** Xorg servers write the display's number to this descriptor once clients can connect (Xserver(1), -displayfd). */
function saysItsDisplay(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not up within ${READY_MS} ms`)), READY_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    server.once("error", (error) => fail(notStarted("Xtigervnc", error)));
    server.once("exit", (code, signal) => fail(new Error(`ended at once: ${code ?? signal}`)));
    (server.stdio[3] as Readable | null)?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function prepareDirectories(): Promise<void> {
  const { uid, gid, runtimeDir, display } = BROWSER_USER;
  const number = display.slice(1);
  // A server that was killed leaves these, and the next one refuses to start.
  for (const stale of [`/tmp/.X${number}-lock`, `/tmp/.X11-unix/X${number}`])
    await rm(stale, { force: true });
  await mkdir("/tmp/.X11-unix", { recursive: true });
  await chmod("/tmp/.X11-unix", 0o1777);
  await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) await chown(runtimeDir, uid, gid);
}
