import { BrowserVmError, type CreateSession, GATE_STEPS, Session } from "@browservm/contract";
import type { Life, MockApi } from "./mock-api.ts";
import { vmIdOf, vmOf } from "./mock-facts.ts";
import { type Failing, gateStep, passedGate } from "./story.ts";

const LAUNCH = ["image", "address", "disk", "tap", "boot", "agent", "verify"] as const;

/** Launched with the image `broken`, a session fails here. */
const BROKEN: Failing = {
  at: "R6",
  reason: {
    code: "GATE_PATH_UNREACHABLE",
    message: "192.168.100.9 answered no ping: the guest has no route back.",
    fix: "See the evidence for the last hop that answered.",
  },
};

/** Sessions that come up step by step, and prove their network, as the controller tells of them. */
export class MockLaunch {
  readonly #api: MockApi;

  constructor(api: MockApi) {
    this.#api = api;
  }

  /** Begins what a reader asked for. */
  start(body: CreateSession): Session {
    if (body.image === "missing")
      throw new BrowserVmError("IMAGE_NOT_FOUND", "there is no image “missing”", {
        known: ["browser", "tiny"],
      });
    const life = this.#api.make(body);
    void this.#launch(life, body.image === "broken" ? BROKEN : undefined);
    return life.session;
  }

  async #launch(life: Life, failing: Failing | undefined): Promise<void> {
    const { id } = life.session;
    const steps: NonNullable<Session["vm"]>["steps"] = [];
    const show = (part: Partial<Session>, type: string) => this.#api.change(id, part, type);
    for (const step of LAUNCH) {
      const startedAt = new Date().toISOString();
      steps.push({ step, status: "running", startedAt });
      show({ vm: vmOf(life.session, steps) }, "vm.step");
      if (step === "verify" && !(await this.#prove(life, failing))) {
        steps.splice(-1, 1, { step, status: "failed", startedAt, durationMs: this.#api.pace });
        const vm = { ...vmOf(life.session, steps), state: "failed" as const, gate: "fail" as const };
        return show(
          { status: "failed", endedAt: new Date().toISOString(), reason: failing?.reason ?? null, vm },
          "session.state",
        );
      }
      await sleep(this.#api.pace);
      steps.splice(-1, 1, {
        step,
        status: "done",
        startedAt,
        durationMs: Date.now() - Date.parse(startedAt),
      });
    }
    if (life.session.status !== "pending") return;
    const vm = { ...vmOf(life.session, steps), state: "ready" as const, gate: "pass" as const };
    show({ status: "ready", readyAt: new Date().toISOString(), vm }, "session.state");
    await sleep(this.#api.pace * 3);
    life.gate?.steps.push(gateStep("R9"));
    this.#api.tell(id, "gate.step");
  }

  async #prove(life: Life, failing: Failing | undefined): Promise<boolean> {
    const at = new Date().toISOString();
    life.gate = {
      vmId: vmIdOf(life.session),
      run: 1,
      verdict: "running",
      accelerator: "tcg",
      startedAt: at,
      steps: [],
    };
    for (const { id } of GATE_STEPS.filter((step) => step.id !== "R9")) {
      await sleep(this.#api.pace);
      const step = gateStep(id, failing);
      life.gate.steps.push(step);
      this.#api.tell(life.session.id, "gate.step");
      if (step.verdict === "fail") {
        life.gate.verdict = "fail";
        return false;
      }
    }
    life.gate.verdict = "pass";
    return true;
  }
}

/** Makes it as if it had been launched when it was asked for. */
export function launched(life: Life, change: Partial<Session>): void {
  const { session } = life;
  const steps = LAUNCH.map((step, index) => ({
    step,
    status: "done" as const,
    startedAt: session.createdAt,
    durationMs: [2, 9, 31, 14, 640, 21_400, 1900][index] ?? 1,
  }));
  life.gate = passedGate(vmIdOf(session));
  life.session = Session.parse({
    ...session,
    status: "ready",
    readyAt: session.createdAt,
    vm: vmOf(session, steps),
    ...change,
  });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
