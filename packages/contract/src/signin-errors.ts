import type { ErrorRow } from "./error-row.ts";

/** How a sign-in can be refused, and why one ended without a connection. */
export const SIGNIN_ERRORS = {
  SIGNIN_NOT_FOUND: {
    status: 404,
    title: "there is no such sign-in",
    fix: "List them with `browservm signin ls`.",
  },
  SIGNIN_PROVIDER_UNKNOWN: {
    status: 404,
    title: "nobody has said how to sign in at this provider",
    fix: "Name one of `browservm signin providers`, or send `settings` along (docs/sign-ins.md).",
  },
  SIGNIN_SETTINGS_INVALID: {
    status: 400,
    title: "this provider cannot be signed in at with these settings",
    fix: "Correct what the message names; docs/sign-ins.md has the settings of each recipe.",
  },
  SIGNIN_LIMIT: {
    status: 409,
    title: "as many sign-ins go on as may",
    fix: "Finish or cancel one of them (`browservm signin ls`).",
  },
  SIGNIN_WRONG_STATE: {
    status: 409,
    title: "the sign-in is not at a point where that is possible",
    fix: "Look at its state with `browservm signin show`: only what goes on can be confirmed, only what failed be retried.",
  },
  SIGNIN_TIMED_OUT: {
    status: 408,
    title: "nobody had signed in when the time for it was over",
    fix: "Retry it; give it more time with `expiresIn`.",
  },
  SIGNIN_ABANDONED: {
    status: 408,
    title: "the page that guided the sign-in was closed",
    fix: "Retry it, and leave its page open until it is completed.",
  },
  SIGNIN_INTERRUPTED: {
    status: 500,
    title: "BrowserVM was restarted at a moment from which this sign-in cannot go on",
    fix: "Retry it: nothing was stored.",
  },
  SIGNIN_SESSION_LOST: {
    status: 409,
    title: "the session in which somebody was signing in is over",
    fix: "Retry it; the session's own reason says why it ended.",
  },
  SIGNIN_GUEST_FAILED: {
    status: 502,
    title: "the VM did not do its part of the sign-in",
    fix: "Retry it; if it fails again, run `browservm doctor` for its session.",
  },
  SIGNIN_PROVIDER_ERROR: {
    status: 409,
    title: "the provider answered with an error instead of a sign-in",
    fix: "`details.error` has the provider's word: `access_denied` means that the person said no; else check client and scopes.",
  },
  SIGNIN_STATE_MISMATCH: {
    status: 409,
    title: "an answer came back that belongs to no question of this sign-in",
    fix: "Retry it. If it happens again, a page in that browser sends forged answers: use another start page.",
  },
  SIGNIN_ISSUER_MISMATCH: {
    status: 409,
    title: "the answer came from another provider than the one that was asked",
    fix: "Check `issuer`; if it is right, somebody mixes up providers: do not sign in there.",
  },
  SIGNIN_NONCE_MISMATCH: {
    status: 409,
    title: "the ID token was made for another sign-in",
    fix: "Retry it; a token of an earlier sign-in was replayed.",
  },
  SIGNIN_CODE_REFUSED: {
    status: 409,
    title: "the provider does not take the code that it gave",
    fix: "Retry it: a code is good once and for a short time. Else check the client's secret and redirect address.",
  },
  SIGNIN_TOKENS_INVALID: {
    status: 502,
    title: "what the provider gave for the code are no valid tokens",
    fix: "Check `issuer` and the endpoints; `details.reason` says what is wrong with them.",
  },
  SIGNIN_TOOL_UNEXPECTED: {
    status: 409,
    title: "the tool does not do what its recipe expects",
    fix: "It asked or printed something else, e.g. in a newer version: adapt the recipe (docs/sign-ins.md).",
  },
  SIGNIN_CAPTURE_INVALID: {
    status: 409,
    title: "what was to be captured is not what it should be",
    fix: "The message says which file or cookie: too large, malformed, a link, or missing. Nothing was stored.",
  },
  SIGNIN_SUBJECT_MISMATCH: {
    status: 409,
    title: "somebody signed in with another account than this connection is for",
    fix: "Retry it with the right account, or make a new connection for the other one.",
  },
} as const satisfies Record<string, ErrorRow>;
