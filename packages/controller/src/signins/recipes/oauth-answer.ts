import { BrowserVmError } from "@browservm/contract";
import { ResponseBodyError } from "openid-client";
import { explainRefusal } from "../../vault/provider-refusal.ts";

export interface Expected {
  readonly state: string;
  readonly issuer: string;
  /** Whether the provider says that it always names itself (RFC 9207). */
  readonly namesIssuer: boolean;
}

/** Words of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6; what else a provider says could hold anything. */
const WORDS = new Set([
  ...[
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
  ],
  ...["server_error", "temporarily_unavailable", "interaction_required", "login_required", "invalid_target"],
  ...["account_selection_required", "consent_required", "registration_not_supported", "expired_token"],
]);
const wordOf = (word: string) => (WORDS.has(word) ? word : "another error");

/** Refuses an answer that is not the one to our question, or that is none. Whose it is comes before what it says. */
export function checkAnswer(answer: URL, { state, issuer, namesIssuer }: Expected): void {
  const { searchParams } = answer;
  if (!isOnce(searchParams, "state", state))
    throw new BrowserVmError("SIGNIN_STATE_MISMATCH", "the answer's state is not the one that was sent");
  const isNamed = searchParams.has("iss");
  if ((isNamed || namesIssuer) && !isOnce(searchParams, "iss", issuer))
    throw new BrowserVmError(
      "SIGNIN_ISSUER_MISMATCH",
      isNamed
        ? `the answer is not ${issuer}'s`
        : `${issuer} names itself in its answers, and this one does not`,
    );
  const error = searchParams.get("error");
  if (error !== null) throw providerError(error);
  if (searchParams.getAll("code").length !== 1 || searchParams.get("code") === "")
    throw new BrowserVmError("SIGNIN_TOKENS_INVALID", "the answer has no code", { reason: "no code" });
}

const isOnce = (parameters: URLSearchParams, name: string, value: string) => {
  const all = parameters.getAll(name);
  return all.length === 1 && all[0] === value;
};

/** The provider said no. */
export const providerError = (error: string) =>
  new BrowserVmError("SIGNIN_PROVIDER_ERROR", `the provider answered: ${wordOf(error)}`, {
    error: wordOf(error),
  });

/** Why a code was not exchanged, without a word of what was sent or received. */
export function explainExchange(error: unknown): BrowserVmError {
  if (error instanceof ResponseBodyError) {
    if (error.error === "invalid_grant")
      return new BrowserVmError("SIGNIN_CODE_REFUSED", "the provider refuses the code: invalid_grant");
    if (WORDS.has(error.error)) return providerError(error.error);
  }
  const claim = claimIn(error);
  if (claim === "nonce")
    return new BrowserVmError("SIGNIN_NONCE_MISMATCH", "the ID token's nonce is not the one that was sent");
  if (claim === "iss")
    return new BrowserVmError("SIGNIN_ISSUER_MISMATCH", "the ID token is another issuer's");
  if (claim !== undefined) return invalid(`the ID token's claim ${claim}`);
  const { is, reason } = explainRefusal(error);
  if (is === "user")
    return new BrowserVmError("SIGNIN_PROVIDER_ERROR", `the provider answered: ${reason}`, { error: reason });
  // A status that is none of the standard's is a provider that does not work.
  if (reason.startsWith("an answer") && !reason.includes("NOT_CONFORM")) return invalid(reason);
  return new BrowserVmError("PROVIDER_DOWN", `the code could not be exchanged: ${reason}`, { reason });
}

const invalid = (reason: string) =>
  new BrowserVmError("SIGNIN_TOKENS_INVALID", `no valid tokens: ${reason}`, { reason });

/** The claim that is not as it should be, where that is what the library found. */
function claimIn(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { cause } = at;
    if (typeof cause === "object" && cause !== null && "claim" in cause && typeof cause.claim === "string")
      return /^[a-z_]{1,30}$/.test(cause.claim) ? cause.claim : "unknown";
  }
  return undefined;
}
