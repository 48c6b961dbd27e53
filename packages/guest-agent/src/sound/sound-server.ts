import { setTimeout as sleep } from "node:timers/promises";
import type { AgentLog } from "../agent-log.ts";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { start } from "../child.ts";
import { findProgram } from "../find-program.ts";
import { type ProcessName, type Running, runningChild, takeOver } from "../process/running.ts";

/** Where programs of the browser's user find it by themselves (pulseaudio(1), XDG_RUNTIME_DIR). */
export const SOUND_SOCKET = `${BROWSER_USER.runtimeDir}/pulse/native`;

const RESTART_MS = { first: 1000, most: 60_000 } as const;
const HEALTHY_MS = 60_000;
const LOOK_MS = 200;
/** Waited for no longer than this. */
const PATIENCE_MS = 120_000;

/** No configuration of the image is read: one output that goes nowhere, whose monitor is the sound of the browser. */
const ARGS = [
  "-n",
  "--daemonize=no",
  "--use-pid-file=no",
  "--exit-idle-time=-1",
  "--disallow-exit",
  "--disallow-module-loading",
  "--realtime=no",
  "--high-priority=no",
  "--log-target=stderr",
  "--log-level=error",
  "--load=module-null-sink sink_name=output rate=48000 channels=2",
  "--load=module-native-protocol-unix auth-cookie-enabled=0",
  "--load=module-suspend-on-idle timeout=5",
];

/**
 * PulseAudio, as the browser's user, started again when it dies. It has to be there before Chromium first makes a
 * sound: where it is not, Chromium plays to nobody until it starts anew.
 */
export class SoundServer {
  readonly #log: AgentLog;
  readonly #heir: ProcessName | undefined;
  #running: Running | undefined;
  #isWanted = false;

  /** `heir`: what the agent before us has left. */
  constructor(log: AgentLog, heir?: ProcessName) {
    this.#log = log;
    this.#heir = heir;
  }

  /** What the agent after us takes over. */
  get heir(): ProcessName | undefined {
    return this.#running?.name;
  }

  /**
   * Keeps it running from `isTime` on, where the image has it: emulated, its start costs two seconds that the browser's
   * first picture has more need of. Asked again, it stays as it is.
   */
  keepRunning(isTime: () => boolean): void {
    if (this.#isWanted || !findProgram("pulseaudio")) return;
    this.#isWanted = true;
    void this.#supervise(isTime);
  }

  async #supervise(isTime: () => boolean): Promise<never> {
    let running = this.#heir && takeOver(this.#heir);
    const end = performance.now() + PATIENCE_MS;
    while (!running && !isTime() && performance.now() < end) await sleep(LOOK_MS);
    for (let pauseMs: number = RESTART_MS.first; ; pauseMs = Math.min(RESTART_MS.most, pauseMs * 2)) {
      const begun = performance.now();
      running ??= this.#start();
      this.#running = running;
      const { code, signal } = await running.ended;
      running = this.#running = undefined;
      this.#log.warn(`the sound server ended: ${signal ?? code ?? "nobody saw how"}`);
      if (performance.now() - begun > HEALTHY_MS) pauseMs = RESTART_MS.first;
      await sleep(pauseMs);
    }
  }

  #start(): Running {
    // Without a display and a bus it looks for neither.
    const { DISPLAY: _, ...env } = browserUserEnvironment({});
    return runningChild(
      start("pulseaudio", ARGS, {
        stdio: ["ignore", "ignore", "inherit"],
        asBrowserUser: { env: { ...env, DBUS_SESSION_BUS_ADDRESS: "disabled:" } },
      }),
    );
  }
}
