import { once } from "node:events";
import { join } from "node:path";
import { BrowserVmError, type Progress } from "@browservm/contract";
import type { ProcessIdentity } from "@browservm/host/identity";
import { startService } from "../process.ts";
import { LogFile } from "./log-file.ts";
import { humanLine, refusalIn } from "./log-line.ts";
import type { ServiceSpec } from "./service-specs.ts";

const LOOK_MS = 200;
const KILL_WAIT_MS = 5000;

/** One running service process with its log. */
export class Service implements Disposable {
  readonly spec: ServiceSpec;
  readonly identity: ProcessIdentity;
  /** Settles when the process has ended, whoever ended it. */
  readonly exited: Promise<void>;
  #hasExited = false;
  #refusal: BrowserVmError | undefined;
  readonly #log: LogFile;

  private constructor(spec: ServiceSpec, identity: ProcessIdentity, exited: Promise<unknown>, log: LogFile) {
    this.spec = spec;
    this.identity = identity;
    this.#log = log;
    this.exited = exited.then(() => {
      this.#hasExited = true;
    });
  }

  static async start(spec: ServiceSpec, logDirectory: string): Promise<Service> {
    const { identify } = await import("@browservm/host/identity");
    const log = new LogFile(join(logDirectory, `${spec.name}.log`));
    const child = startService({ ...spec, log: log.fd });
    const exited = once(child, "exit");
    // A failed start has no exit; it is told by the error event below.
    exited.catch(() => {});
    await Promise.race([once(child, "spawn"), exited]);
    const identity = identify(child.pid ?? -1) ?? { pid: child.pid ?? -1, startTicks: "", bootId: "" };
    return new Service(spec, identity, exited, log);
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** The typed error with which it ended, when it did so on purpose. */
  get refusal(): BrowserVmError | undefined {
    return this.#refusal;
  }

  /** New log lines for people; also notices a refusal. */
  readLog(least: number): string[] {
    return this.#log.readNew().flatMap((line) => {
      this.#refusal = refusalIn(line) ?? this.#refusal;
      return humanLine(this.spec.name, line, least) ?? [];
    });
  }

  /** Waits until the service proves that it is there; fails with its own refusal when it ends first. */
  async waitReady(progress: Progress, show: (service: Service) => void): Promise<void> {
    const deadline = Date.now() + this.spec.readyMs;
    // Twice: the first answer may come from another server, while ours is about to find its address taken.
    let answers = 0;
    for (;;) {
      show(this);
      if (this.#hasExited) throw this.#refusal ?? endedEarly(this.spec.name, this.#log.path);
      const obstacle = await this.spec.ready();
      answers = obstacle === undefined ? answers + 1 : 0;
      if (answers === 2) return;
      if (progress.signal.aborted)
        throw new BrowserVmError("CANCELLED", `the start of ${this.spec.name} was cancelled`);
      if (Date.now() > deadline)
        throw new BrowserVmError("DEADLINE_EXCEEDED", `${this.spec.name} is not ready: ${obstacle}`, {
          log: this.#log.path,
        });
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** SIGTERM, then SIGKILL after `graceMs`. Twice is nothing. */
  async stop(graceMs: number): Promise<void> {
    await endProcess(this.identity, graceMs);
    await Promise.race([this.exited, new Promise((resolve) => setTimeout(resolve, KILL_WAIT_MS))]);
  }

  /** Ends it at once: what does not answer would not hear a wish either. */
  async kill(): Promise<void> {
    const { isAlive } = await import("@browservm/host/identity");
    if (isAlive(this.identity)) process.kill(this.identity.pid, "SIGKILL");
    await this.exited;
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

/** Ends one process by its identity, politely first. What is gone, or another process by now, is left alone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  const { isAlive } = await import("@browservm/host/identity");
  for (const [signal, waitMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", KILL_WAIT_MS],
  ] as const) {
    if (!isAlive(identity)) return;
    process.kill(identity.pid, signal);
    const deadline = Date.now() + waitMs;
    while (isAlive(identity) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function endedEarly(name: string, log: string): BrowserVmError {
  return new BrowserVmError("INTERNAL", `${name} ended before it was ready; its last words are in ${log}`, {
    log,
  });
}
