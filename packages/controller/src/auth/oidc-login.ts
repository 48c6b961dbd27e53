import { BrowserVmError, type OidcSettings, PersonId } from "@browservm/contract";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import { OidcAttempts } from "./oidc-attempts.ts";
import { OidcClient } from "./oidc-client.ts";
import { personOfClaims } from "./oidc-person.ts";
import type { PublicAddress } from "./public-address.ts";

export interface OidcLoginDeps {
  readonly store: Store;
  readonly settings: OidcSettings;
  readonly address: PublicAddress;
  readonly log: Logger;
}

const CALLBACK = "/v1/login/oidc/callback";

/** Signing in to the page by an OpenID provider. */
export class OidcLogin {
  readonly #deps: OidcLoginDeps;
  readonly #client: OidcClient;
  readonly #attempts = new OidcAttempts();

  constructor(deps: OidcLoginDeps) {
    this.#deps = deps;
    this.#client = new OidcClient(deps.settings);
  }

  /** What the button says; null when there is none. */
  get way(): { name: string } | null {
    const { issuer, name } = this.#deps.settings;
    return issuer === "" ? null : { name };
  }

  /** Where to send the browser, and what it has to keep. OIDC_UNAVAILABLE. */
  async begin(next: string): Promise<{ url: URL; browser: string }> {
    if (!this.way) throw new BrowserVmError("OIDC_UNAVAILABLE", "no provider is set");
    const { attempt, browser } = this.#attempts.begin(next);
    return { url: await this.#client.authorizationUrl(attempt, this.#redirectUri), browser };
  }

  /** Who came back, and where they wanted to go. OIDC_REFUSED, OIDC_UNAVAILABLE. */
  async finish(
    search: URLSearchParams,
    browser: string,
    requestId: string,
  ): Promise<{ personId: PersonId; next: string }> {
    const { store, settings } = this.#deps;
    const attempt = this.#attempts.take(search.get("state") ?? "", browser);
    if (!attempt) throw new BrowserVmError("OIDC_REFUSED", "nobody was sent there from this browser");
    const claims = await this.#client.claims(new URL(`${this.#redirectUri}?${search}`), attempt);
    const { id } = await inWriting(store, (trx) => personOfClaims(trx, settings, claims, requestId));
    return { personId: PersonId.parse(id), next: attempt.next };
  }

  /** Never what a request says: the address of the settings, or where we listen. */
  get #redirectUri(): string {
    return `${this.#deps.address.baseUrl()}${CALLBACK}`;
  }
}
