import type { ServerResponse } from "node:http";
import { LoginProvider } from "../../packages/controller/src/testing/login-provider.ts";

type HeldAt = "discover" | "exchange" | "issued";

interface Held {
  readonly at: HeldAt;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** The test's provider, which keeps requests of some sign-ins to itself until it is let go, and knows what it issued. */
export class HeldProvider implements AsyncDisposable {
  readonly login: LoginProvider;
  /** Tokens and codes: secrets, wherever they are found. */
  readonly issued = new Set<string>();
  readonly #held = new Map<string, Held>();

  private constructor(login: LoginProvider) {
    this.login = login;
    login.keep = (path, response) => this.#keep(path, response);
    const keep = ({ jti }: { readonly jti: string }) => void this.issued.add(jti);
    login.oidc.on("access_token.saved", keep);
    login.oidc.on("refresh_token.saved", keep);
    login.oidc.on("authorization_code.saved", keep);
  }

  static async start(): Promise<HeldProvider> {
    return new HeldProvider(await LoginProvider.start());
  }

  /** The token endpoint for one sign-in. */
  tokenEndpoint(key: string): string {
    return `${this.login.issuer}/held/${key}/token`;
  }

  /** The next request there is kept. `discover`: whoever asks for the metadata. */
  hold(key: string, at: HeldAt): void {
    const reached = Promise.withResolvers<void>();
    this.#held.set(key, { at, reached, released: Promise.withResolvers() });
  }

  /** Settles when a request is kept there. */
  async reached(key: string): Promise<void> {
    await this.#held.get(key)?.reached.promise;
  }

  release(key: string): void {
    this.#held.get(key)?.released.resolve();
    this.#held.delete(key);
  }

  async #keep(path: string, response: ServerResponse): Promise<void> {
    const [, key = ""] = /^\/held\/([^/]+)\/token$/.exec(path) ?? [];
    const held = path.startsWith("/.well-known/")
      ? [...this.#held.values()].find(({ at }) => at === "discover")
      : this.#held.get(key);
    if (!held) return;
    if (held.at === "issued") return keepAnswer(response, held);
    held.reached.resolve();
    await held.released.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#held.keys()) this.release(key);
    await this.login[Symbol.asyncDispose]();
  }
}

/** The provider does all that it does; only then it is told that it was reached. */
function keepAnswer(response: ServerResponse, { reached, released }: Held): void {
  const end = response.end.bind(response) as (...words: unknown[]) => ServerResponse;
  response.end = ((...words: unknown[]) => {
    reached.resolve();
    void released.promise.then(() => end(...words));
    return response;
  }) as typeof response.end;
}
