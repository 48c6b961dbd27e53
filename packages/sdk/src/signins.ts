import {
  apiRoutes,
  type BodyInput,
  BrowserVmError,
  type Event,
  isSigninEnd,
  type ReplyOf,
  type Signin,
  SigninId,
  type SigninProvider,
  type SigninState,
} from "@browservm/contract";
import type { WaitOptions } from "./session-handle.ts";
import { type EventOptions, PASSING } from "./sessions.ts";
import { pause } from "./transport/pause.ts";
import { resumableEvents } from "./transport/resumable-events.ts";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type CreateSigninOptions = BodyInput<typeof apiRoutes.createSignin>;
export interface SigninListOptions {
  readonly project?: string;
  readonly state?: SigninState;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** Its session may be taken down first. In milliseconds. */
const SLOW_CALL_MS = 120_000;
const LOOK_AGAIN_MS = 500;
/** Longer than the longest sign-in. In milliseconds. */
const WAIT_MS = 3_900_000;

/** `/v1/signins`: guided sign-ins, each in a VM of its own. */
export class Signins {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** Begins one; somebody can sign in when it is `awaiting_user`. SIGNIN_PROVIDER_UNKNOWN, VAULT_LOCKED, SIGNIN_LIMIT. */
  create(request: CreateSigninOptions, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.createSignin, { body: request }, options);
  }

  /** One page, newest first. */
  list(query: SigninListOptions = {}, options?: CallOptions): Promise<ReplyOf<typeof apiRoutes.listSignins>> {
    return this.#client.call(apiRoutes.listSignins, { query: { ...query } }, options);
  }

  /** SIGNIN_NOT_FOUND. */
  get(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.getSignin, { params: { id } }, options);
  }

  /** Answers when it has got there, or anywhere from where it never will: then with its reason as the error. */
  async waitFor(
    id: string,
    wanted: SigninState,
    { signal, timeoutMs = WAIT_MS }: WaitOptions = {},
  ): Promise<Signin> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
    while (!ends.aborted) {
      const signin = await this.get(id);
      if (signin.state === wanted) return signin;
      if (isSigninEnd(signin.state)) throw neverBecomes(signin, wanted);
      await pause(LOOK_AGAIN_MS, ends);
    }
    if (signal?.aborted) throw new BrowserVmError("CANCELLED", "the wait was cancelled");
    throw new BrowserVmError("DEADLINE_EXCEEDED", `sign-in ${id} was not ${wanted} in ${timeoutMs} ms`);
  }

  /** Says that its page is still open. */
  heartbeat(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.heartbeatSignin, { params: { id } }, options);
  }

  /** Says that its person has signed in. */
  confirm(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.confirmSignin, { params: { id } }, options);
  }

  /** Answers when its session is gone. */
  cancel(id: string, options?: CallOptions): Promise<Signin> {
    const slow = { timeoutMs: SLOW_CALL_MS, ...options };
    return this.#client.call(apiRoutes.cancelSignin, { params: { id } }, slow);
  }

  /** Begins anew, in a fresh VM. SIGNIN_WRONG_STATE. */
  retry(id: string, options?: CallOptions): Promise<Signin> {
    const slow = { timeoutMs: SLOW_CALL_MS, ...options };
    return this.#client.call(apiRoutes.retrySignin, { params: { id } }, slow);
  }

  /** Its events in order, each once, across lost connections. */
  events(id: string, options: EventOptions = {}): AsyncGenerator<Event, void, undefined> {
    const open = (after: number | undefined, signal: AbortSignal) =>
      this.#client.stream(
        apiRoutes.signinEvents,
        { params: { id: SigninId.parse(id) }, query: { after } },
        { signal, headers: after === undefined ? {} : { "last-event-id": String(after) } },
      );
    return resumableEvents(open, { ...options, passing: PASSING });
  }

  /** Providers that people can sign in at without further settings. */
  async providers(options?: CallOptions): Promise<SigninProvider[]> {
    return (await this.#client.call(apiRoutes.listSigninProviders, {}, options)).data;
  }
}

function neverBecomes({ id, state, reason }: Signin, wanted: SigninState): BrowserVmError {
  const words = `sign-in ${id} is ${state}, and never ${wanted}${reason ? `: ${reason.message}` : ""}`;
  return new BrowserVmError("SIGNIN_WRONG_STATE", words, {
    state,
    ...(reason ? { reason: reason.code } : {}),
  });
}
