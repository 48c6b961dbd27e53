import {
  apiRoutes,
  type BodyInput,
  type Event,
  type ReplyOf,
  type Signin,
  type SigninProvider,
  type SigninState,
} from "@browservm/contract";
import { type EventOptions, PASSING, resumeHeaders } from "./sessions.ts";
import { resumableEvents } from "./transport/resumable-events.ts";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type CreateSigninOptions = BodyInput<typeof apiRoutes.createSignin>;
export interface SigninListOptions {
  readonly state?: SigninState;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** `/v1/signins`: guided sign-ins, each of which makes or renews a connection. */
export class Signins {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** SIGNIN_PROVIDER_UNKNOWN, SIGNIN_SETTINGS_INVALID, SIGNIN_LIMIT, and what the vault says. */
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

  /** Says that its page is still open. */
  heartbeat(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.heartbeatSignin, { params: { id } }, options);
  }

  /** Says that the person has signed in. SIGNIN_WRONG_STATE. */
  confirm(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.confirmSignin, { params: { id } }, options);
  }

  cancel(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.cancelSignin, { params: { id } }, options);
  }

  /** Begins anew what ended without a connection. SIGNIN_WRONG_STATE, and as `create`. */
  retry(id: string, options?: CallOptions): Promise<Signin> {
    return this.#client.call(apiRoutes.retrySignin, { params: { id } }, options);
  }

  /** Its events in order, each once, across lost connections. */
  events(id: string, options: EventOptions = {}): AsyncGenerator<Event, void, undefined> {
    return resumableEvents(
      (after, signal) =>
        this.#client.stream(
          apiRoutes.signinEvents,
          { params: { id }, query: { after } },
          { signal, headers: resumeHeaders(after) },
        ),
      { ...options, passing: PASSING },
    );
  }

  /** Where people can sign in without further settings. */
  async providers(options?: CallOptions): Promise<readonly SigninProvider[]> {
    return (await this.#client.call(apiRoutes.listSigninProviders, {}, options)).data;
  }
}
