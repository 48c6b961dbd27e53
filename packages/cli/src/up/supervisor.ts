import { BrowserVmError, type Config, type Progress, paths } from "@browservm/contract";
import type { Output } from "../output.ts";
import { endWhenSilent } from "./end-when-silent.ts";
import { LEVEL } from "./log-line.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { Service } from "./service.ts";
import type { ServiceName, ServiceSpec } from "./service-specs.ts";
import { type UpRecord, writeUpRecord } from "./up-record.ts";

const LOG_LOOK_MS = 300;
const GRACE_MS = 15_000;
/** After a crash loop of a service that the others do without. */
const OPTIONAL_DELAY_MS = 60_000;

/** How often it is asked whether a service still answers, in milliseconds. */
const LOOK_MS = 10_000;

export interface SupervisorOptions {
  readonly lookMs?: number;
}

/** The services of this machine: started in order, started again when they end or fall silent, stopped in reverse. */
export class Supervisor {
  readonly #config: Config;
  readonly #output: Output;
  readonly #record: UpRecord;
  readonly #lookMs: number;
  readonly #services = new Map<ServiceName, Service>();
  #least: number = LEVEL.warn;
  #isStopping = false;
  #reject: (error: unknown) => void = () => {};
  /** Rejects when a service cannot be kept alive; never resolves. */
  readonly failed: Promise<never>;

  constructor(config: Config, output: Output, record: UpRecord, { lookMs }: SupervisorOptions = {}) {
    this.#lookMs = lookMs ?? LOOK_MS * config.limits.timeoutScale;
    this.#config = config;
    this.#output = output;
    this.#record = record;
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Somebody may listen later, or never, when the start itself fails.
    this.failed.catch(() => {});
  }

  /** Starts a service and waits until it is there; one that the others do without may come later. */
  async start(progress: Progress, spec: ServiceSpec): Promise<void> {
    progress.step(spec.name);
    const service = await this.#launch(spec);
    try {
      await service.waitReady(progress, (one) => this.#show(one));
    } catch (error) {
      if (!spec.isOptional || progress.signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      this.#note(spec.name, `it is not there yet, and the others go on without it: ${why}`);
    }
    void this.#keepAlive(service, new RestartPolicy());
  }

  /** From now on everyday log lines are shown too. */
  talk(): void {
    this.#least = LEVEL[this.#config.logLevel];
    setInterval(() => {
      for (const service of this.#services.values()) this.#show(service);
    }, LOG_LOOK_MS).unref();
  }

  /** Stops the services, the last started first, or only that one. From now on none is started again. */
  async stop(progress: Progress, { only }: { only?: ServiceName } = {}): Promise<void> {
    this.#isStopping = true;
    for (const service of [...this.#services.values()].toReversed()) {
      const { name } = service.spec;
      if (only !== undefined && name !== only) continue;
      progress.step(`stopping ${name}`);
      await service.stop(GRACE_MS);
      this.#show(service);
      service[Symbol.dispose]();
      this.#services.delete(name);
    }
  }

  /** Kills what still runs, at once. */
  killNow(): void {
    this.#isStopping = true;
    for (const { identity, hasExited } of this.#services.values())
      if (!hasExited) process.kill(identity.pid, "SIGKILL");
  }

  async #launch(spec: ServiceSpec): Promise<Service> {
    const service = await Service.start(spec, paths(this.#config).logs);
    this.#services.set(spec.name, service);
    this.#record.services[spec.name] = service.identity;
    writeUpRecord(this.#config, this.#record);
    return service;
  }

  #note(name: ServiceName, what: string): void {
    this.#output.note(`${name.padEnd(10)}  ! ${what}`);
  }

  async #keepAlive(first: Service, policy: RestartPolicy): Promise<void> {
    let service = first;
    for (;;) {
      await this.#untilOver(service);
      if (this.#isStopping) return;
      this.#show(service);
      const { name, isOptional } = service.spec;
      const delayMs = policy.delayAfterExit(Date.now()) ?? (isOptional ? OPTIONAL_DELAY_MS : undefined);
      if ((service.refusal && !isOptional) || delayMs === undefined)
        return this.#reject(service.refusal ?? crashLoop(name, paths(this.#config).logs));
      this.#note(name, `it ended; started again in ${delayMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (this.#isStopping) return;
      service[Symbol.dispose]();
      service = await this.#launch(service.spec);
    }
  }

  async #untilOver(service: Service): Promise<void> {
    const { name } = service.spec;
    await endWhenSilent(service, { lookMs: this.#lookMs, note: (what) => this.#note(name, what) });
  }

  #show(service: Service): void {
    for (const line of service.readLog(this.#least)) this.#output.note(line);
  }
}

function crashLoop(name: string, logs: string): BrowserVmError {
  const log = `${logs}/${name}.log`;
  return new BrowserVmError("INTERNAL", `${name} ends again and again; its last words are in ${log}`, {
    log,
  });
}
