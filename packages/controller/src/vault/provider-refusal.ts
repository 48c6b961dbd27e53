import { ResponseBodyError } from "openid-client";

/**
 * Why there are no tokens. `grant`: the refresh token is not good any more; `user`: a person or other settings are needed;
 * `down`: it may work later. `isUnsent`: the refresh token certainly did not get there.
 */
export interface Refusal {
  readonly is: "grant" | "user" | "down";
  /** In words of ours, or a word that the OAuth standards define: what a provider says freely could hold a secret. */
  readonly reason: string;
  readonly isUnsent?: boolean;
}

export const neverSent = (refusal: Refusal): Refusal => ({ ...refusal, isUnsent: true });

/** Words of RFC 6749 §5.2 and OpenID Connect Core §3.1.2.6. */
const NEEDS_USER = new Set([
  ...["invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"],
  ...["interaction_required", "login_required", "consent_required", "account_selection_required"],
  ...["access_denied"],
]);
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** What an error of openid-client or fetch means, without a word of what was sent or received. */
export function explainRefusal(error: unknown): Refusal {
  if (error instanceof ResponseBodyError) return explainWord(error.error, error.status);
  const code = codeIn(error);
  if (code === undefined)
    return { is: "down", reason: isTimeout(error) ? "no answer in time" : "no usable answer" };
  if (UNSENT.has(code)) return neverSent({ is: "down", reason: `no connection (${code})` });
  if (code.startsWith("OAUTH_")) {
    const isLate = code === "OAUTH_TIMEOUT" || code === "OAUTH_ABORT";
    return { is: "down", reason: isLate ? "no answer in time" : `an answer that is none (${code})` };
  }
  return { is: "down", reason: "the connection broke" };
}

function explainWord(word: string, status: number): Refusal {
  if (word === "invalid_grant") return { is: "grant", reason: word };
  if (NEEDS_USER.has(word)) return { is: "user", reason: word };
  return { is: "down", reason: `it refused with status ${status}` };
}

function isTimeout(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (/^(Timeout|Abort)Error$/.test(at.name)) return true;
  return false;
}

/** The innermost code of ours to know: of the socket where there is one, else of the library. */
function codeIn(error: unknown): string | undefined {
  let code: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause)
    if ("code" in at && typeof at.code === "string") code = /^[A-Z_]{3,60}$/.test(at.code) ? at.code : code;
  return code;
}
