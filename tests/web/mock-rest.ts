import { BrowserVmError, CLOSE_CODES, type GateReport, type Session } from "@browservm/contract";
import type { Life, MockApi } from "./mock-api.ts";
import { vmIdOf, vmOf } from "./mock-facts.ts";
import { passedGate } from "./story.ts";

type Vm = NonNullable<Session["vm"]>;

const PAUSE = ["freeze", "commit", "free"] as const;
const RESUME = ["memory", "tap", "restore", "agent", "identity", "verify"] as const;
const FORK = ["image", "copy", "fence", "restore", "agent", "identity", "plug", "verify"] as const;

/** Sessions that rest, go on and divide, as the controller tells of them. */
export class MockRest {
  /** The next pause fails with it, as on a full disk. */
  refusePause: BrowserVmError | null = null;
  /** The next resume leaves the session paused, and says why. */
  failResume: NonNullable<Session["reason"]> | null = null;
  readonly #api: MockApi;

  constructor(api: MockApi) {
    this.#api = api;
  }

  async pause(life: Life): Promise<Session> {
    if (life.session.status !== "ready") throw new BrowserVmError("SESSION_NOT_READY", "it is not ready");
    this.#move(life, { status: "paused" }, { state: "pausing" });
    await this.#step(life, PAUSE.slice(0, 1));
    if (this.refusePause) {
      this.#move(life, { status: "ready" }, { state: "ready" });
      throw this.refusePause;
    }
    await this.#step(life, PAUSE.slice(1));
    this.rest(life);
    for (const viewer of life.viewers.keys()) viewer.close(CLOSE_CODES.sessionPaused, "VM_PAUSED");
    return life.session;
  }

  /** As if it had been paused long ago. */
  rest(life: Life, at = new Date().toISOString()): void {
    const timeouts = { ...life.session.timeouts, offlineAt: null, idleAt: null };
    const paused = { at, sizeMib: 412.6, compressed: true };
    this.#move(life, { status: "paused", timeouts, expiresAt: null }, { state: "paused", paused });
  }

  resume(life: Life): Session {
    if (life.session.status !== "paused") throw new BrowserVmError("VM_NOT_PAUSED", "it is not paused");
    this.#move(life, {}, { state: "resuming" });
    void this.#goOn(life);
    return life.session;
  }

  fork({ session }: Life): Session {
    const { image, url, id, labels } = session;
    const life = this.#api.make({ image, ...(url === null ? {} : { url }) });
    this.#api.change(id, {});
    this.#api.change(life.session.id, { forkOf: id, labels, vm: vmOf(life.session, []) });
    void this.#comeUp(life);
    return life.session;
  }

  heartbeat(life: Life): Session {
    const offlineAt = inSeconds(life.ttlSeconds);
    const isRunning = life.session.timeouts.offlineAt !== null;
    if (isRunning) life.session = { ...life.session, timeouts: { ...life.session.timeouts, offlineAt } };
    return life.session;
  }

  extend(life: Life, seconds = life.ttlSeconds): Session {
    const { timeouts, id } = life.session;
    life.ttlSeconds = seconds;
    const at = inSeconds(seconds);
    const idleAt = timeouts.idleAt === null ? null : inSeconds(900);
    this.#api.change(
      id,
      { expiresAt: at, timeouts: { ...timeouts, offlineAt: at, idleAt } },
      "session.extended",
    );
    return life.session;
  }

  async #goOn(life: Life): Promise<void> {
    const reason = this.failResume;
    await this.#step(life, reason ? RESUME.slice(0, 2) : RESUME);
    if (reason) {
      this.#move(life, {}, { state: "paused" });
      return this.#api.tell(life.session.id, "vm.state", { from: "resuming", to: "paused", reason });
    }
    const timeouts = { ...life.session.timeouts, offlineAt: inSeconds(life.ttlSeconds) };
    this.#move(life, { status: "ready", timeouts, expiresAt: timeouts.offlineAt }, { state: "ready" });
  }

  async #comeUp(life: Life): Promise<void> {
    const timing = { totalMs: 4120, waitedMs: 4066 };
    this.#move(life, {}, { state: "restoring", origin: "fork" });
    await this.#step(life, FORK);
    life.gate = passedGate(vmIdOf(life.session));
    const readyAt = new Date().toISOString();
    this.#move(life, { status: "ready", readyAt }, { state: "ready", origin: "fork", timing, gate: "pass" });
  }

  async #step(life: Life, names: readonly string[]): Promise<void> {
    for (const step of names) {
      if (step === "verify") this.#proves(life);
      const running = { step, status: "running" as const, startedAt: new Date().toISOString() };
      this.#move(life, {}, { steps: [...ended(life), running] }, "vm.step");
      await new Promise((resolve) => setTimeout(resolve, this.#api.pace));
    }
    this.#move(life, {}, { steps: ended(life) }, "vm.step");
  }

  #proves(life: Life): void {
    const gate: GateReport = { ...passedGate(vmIdOf(life.session)), verdict: "running" };
    life.gate = { ...gate, run: (life.gate?.run ?? 0) + 1, steps: gate.steps.slice(0, 4) };
    this.#move(life, {}, { state: "verifying" });
  }

  #move(life: Life, part: Partial<Session>, vm: Partial<Vm>, type = "session.state"): void {
    const before = life.session.vm ?? vmOf(life.session, []);
    const { paused: _, ...rest } = before;
    const kept = vm.state === "ready" ? rest : before;
    if (vm.state === "ready" && life.gate) life.gate = { ...passedGate(rest.id), run: life.gate.run };
    this.#api.change(life.session.id, { ...part, vm: { ...kept, ...vm } }, type);
  }
}

const ended = ({ session }: Life): Vm["steps"] =>
  (session.vm?.steps ?? []).map((step) =>
    step.status === "running"
      ? { ...step, status: "done", durationMs: Date.now() - Date.parse(step.startedAt) }
      : step,
  );

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
