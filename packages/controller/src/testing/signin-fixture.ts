import type { Signin } from "@browservm/contract";
import { type CreateSigninOptions, pause } from "@browservm/sdk";
import type { LoginProvider } from "./login-provider.ts";
import { TestController, type TestSettings } from "./test-controller.ts";

const LOOK_AGAIN_MS = 20;
const SOON_MS = 20_000;

/** What there still is of sign-ins. */
export interface Remains {
  readonly vms: readonly string[];
  readonly sessions: readonly string[];
  /** What runs in guests for them. */
  readonly jobs: number;
}
export const NOTHING: Remains = { vms: [], sessions: [], jobs: 0 };

/** A controller at which people sign in. */
export class SigninFixture implements AsyncDisposable {
  readonly api: TestController;

  private constructor(api: TestController) {
    this.api = api;
  }

  static async start(settings: TestSettings = {}): Promise<SigninFixture> {
    return new SigninFixture(await TestController.start(settings));
  }

  get signins() {
    return this.api.admin.signins;
  }

  get guest() {
    return this.api.host.signins;
  }

  /** Begun, and ready for its person. */
  async begin(request: CreateSigninOptions): Promise<Signin> {
    const { id } = await this.signins.create(request);
    return this.reaches(id, "awaiting_user");
  }

  /** Waits until it is there; where somebody waits for its person, until that person may begin. */
  reaches(id: string, state: Signin["state"]): Promise<Signin> {
    return this.until(id, (signin) => {
      if (signin.endedAt !== null && signin.state !== state)
        throw new Error(`it is ${signin.state}: ${JSON.stringify(signin.reason)}`);
      const mayBegin = signin.steps.some(({ step }) => step === "user");
      return signin.state === state && (state !== "awaiting_user" || mayBegin);
    });
  }

  async until(id: string, isThere: (signin: Signin) => boolean, withinMs = SOON_MS): Promise<Signin> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const signin = await this.signins.get(id);
      if (isThere(signin)) return signin;
      if (Date.now() > deadline) throw new Error(`it never got there: ${JSON.stringify(signin)}`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** When it is over, and its session too. */
  isOver(id: string, withinMs?: number): Promise<Signin> {
    return this.until(id, ({ endedAt, sessionOver }) => endedAt !== null && sessionOver, withinMs);
  }

  /**
   * How it ended. Throws unless its VM is gone, what did not succeed has made no connection, and the audit log tells that
   * very end.
   */
  async endOf(id: string): Promise<string> {
    const { state, reason, connectionId, renews } = await this.isOver(id);
    const left = JSON.stringify(await this.remains());
    if (left !== JSON.stringify(NOTHING)) throw new Error(`something is left: ${left}`);
    if (state !== "completed" && !renews && connectionId !== null) throw new Error("a connection was made");
    const { data } = await this.api.admin.audit.list();
    const told = data.find(({ details }) => details.signinId === id);
    if (told?.action !== `signin.${state}` || told.details.reason !== reason?.code)
      throw new Error(`the audit log tells another end: ${JSON.stringify(told)}`);
    return reason === null ? state : `${state}: ${reason.code}`;
  }

  async remains(): Promise<Remains> {
    const { data } = await this.api.admin.sessions.list();
    const live = data.filter(({ status }) => status !== "ended" && status !== "failed");
    const sessions = live.map(({ id, status }) => `${id} ${status}`);
    return { vms: [...this.api.host.vms.keys()], sessions, jobs: this.guest.jobs.length };
  }

  async connections() {
    return (await this.api.admin.connections.list()).data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
  }
}

/** Settings for the test's own provider. */
export const oauthAt = ({ issuer, client }: Pick<LoginProvider, "issuer" | "client">) => ({
  recipe: "oauth" as const,
  client: { issuer, ...client },
  scopes: ["openid", "offline_access"],
  // The provider gives refresh tokens to those only who ask for consent.
  parameters: { prompt: "consent" },
});
