import { randomNonce, randomPKCECodeVerifier, randomState } from "openid-client";
import type { Proofs } from "./oidc-client.ts";
import { isSameSecret, newSecret, sha256 } from "./secrets.ts";

/** One person who was sent to the provider, and has not come back. */
export interface Attempt extends Proofs {
  readonly next: string;
}

interface Kept extends Attempt {
  readonly browserSha256: string;
  readonly endsAt: number;
}

export const ATTEMPT_S = 600;
/** Strangers begin them: the oldest is forgotten first. */
const MAX_ATTEMPTS = 1000;

/** Sign-ins by the provider that are under way: in memory, for they last minutes, and are begun anew by a click. */
export class OidcAttempts {
  readonly #kept = new Map<string, Kept>();

  /** `browser` is for a cookie: only the browser that began an attempt ends it. */
  begin(next: string): { attempt: Attempt; browser: string } {
    const attempt = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), next };
    const browser = newSecret();
    const endsAt = Date.now() + ATTEMPT_S * 1000;
    this.#kept.set(attempt.state, { ...attempt, browserSha256: sha256(browser), endsAt });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_ATTEMPTS && oldest !== undefined) this.#kept.delete(oldest);
    return { attempt, browser };
  }

  /** The attempt that this state belongs to, once, and for the browser that began it. */
  take(state: string, browser: string): Attempt | undefined {
    const kept = this.#kept.get(state);
    this.#kept.delete(state);
    if (!kept || kept.endsAt <= Date.now()) return undefined;
    return isSameSecret(kept.browserSha256, sha256(browser)) ? kept : undefined;
  }
}
