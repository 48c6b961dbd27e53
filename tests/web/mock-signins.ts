import { randomBytes } from "node:crypto";
import { BrowserVmError, type CreateSignin, makeId, type Signin, SigninId } from "@browservm/contract";
import { providerFact, signinFact } from "../../packages/web/src/lib/testing/connection-facts.ts";
import type { MockApi } from "./mock-api.ts";
import { page } from "./mock-connections.ts";

const from = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** Guided sign-ins as they are told of; a test plays the person and the provider. */
export class MockSignins {
  signins: Signin[] = [];
  providers = [providerFact(), providerFact({ name: "gemini_cli", title: "Gemini CLI" })];
  /** Requests with the secrets that were sent. */
  readonly asked: CreateSignin[] = [];
  beats = 0;
  readonly #api: MockApi;

  constructor(api: MockApi) {
    this.#api = api;
  }

  add(over: Partial<Signin> = {}): Signin {
    const id = SigninId.parse(makeId("sgn", randomBytes(20)));
    const steps = signinFact().steps.map(({ step }, index) => ({ step, at: from(index - 8) }));
    const made = signinFact({ id, steps, createdAt: from(-9), expiresAt: from(880), ...over });
    this.signins.unshift(made);
    return made;
  }

  /** One that somebody may sign in to now, with its session. */
  waiting(over: Partial<Signin> = {}): Signin {
    const { session } = this.#api.seed({ url: "https://id.example/authorize" });
    return this.add({ sessionId: session.id, ...over });
  }

  change(id: string, part: Partial<Signin>): Signin {
    const found = Object.assign(this.#find(id), part);
    this.#api.tell(id, "signin.state", { to: found.state });
    return found;
  }

  /** The answer of a route that is about sign-ins; undefined: it is not. */
  answer(
    name: string,
    params: Record<string, string>,
    query: Record<string, string>,
    body: unknown,
  ): unknown {
    const { id = "" } = params;
    if (name === "listSigninProviders") return { data: this.providers };
    if (name === "listSignins") return page(this.signins, query, (one) => one.id);
    if (name === "getSignin") return this.#find(id);
    if (name === "createSignin") return this.#create(body as CreateSignin);
    if (name === "heartbeatSignin") return this.#beat(id);
    if (name === "confirmSignin") return this.change(id, { state: "capturing" });
    if (name === "cancelSignin") return this.#end(id, { state: "cancelled", canRetry: true });
    if (name === "retrySignin") return this.#retry(id);
    return undefined;
  }

  #create(request: CreateSignin): Signin {
    this.asked.push(request);
    const renewed = this.#api.connections.connections.find(({ id }) => id === request.connection);
    const provider = request.provider ?? renewed?.provider ?? "";
    const isKnown = this.providers.some(({ name }) => name === provider);
    if (!isKnown && !request.settings && renewed?.kind !== "oauth")
      throw new BrowserVmError("SIGNIN_PROVIDER_UNKNOWN", `“${provider}” is not known here`);
    return this.waiting({ provider, renews: renewed !== undefined, connectionId: renewed?.id ?? null });
  }

  #beat(id: string): Signin {
    this.beats += 1;
    return this.#find(id);
  }

  #end(id: string, part: Partial<Signin>): Signin {
    return this.change(id, { endedAt: from(0), sessionOver: true, guide: null, ...part });
  }

  #retry(id: string): Signin {
    const { session } = this.#api.seed({ url: "https://id.example/authorize" });
    const before = this.#find(id);
    const fresh = { ...signinFact(), id: before.id, provider: before.provider, attempt: before.attempt + 1 };
    return this.change(id, { ...fresh, sessionId: session.id, expiresAt: from(880) });
  }

  #find(id: string): Signin {
    const found = this.signins.find((one) => one.id === id);
    if (!found) throw new BrowserVmError("SIGNIN_NOT_FOUND", `there is no sign-in ${id}`);
    return found;
  }
}
