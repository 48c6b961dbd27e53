import type { ErrorRow } from "./error-row.ts";

/** What can be wrong with people, their sign-ins, and keys. */
export const PEOPLE_ERRORS = {
  LOGIN_REFUSED: {
    status: 401,
    title: "the e-mail address or the password is wrong",
    fix: "Try again; an admin can make a link for a new password (`browservm person reset`).",
  },
  INVITATION_SPENT: {
    status: 401,
    title: "this invitation was used, was taken back, or has expired",
    fix: "Ask who invited you for a new one.",
  },
  INVITATION_NOT_FOUND: {
    status: 404,
    title: "there is no such invitation",
    fix: "List them with `browservm invite ls`.",
  },
  PERSON_NOT_FOUND: {
    status: 404,
    title: "there is no such person",
    fix: "List them with `browservm person ls`.",
  },
  PERSON_EXISTS: {
    status: 409,
    title: "somebody has this e-mail address already",
    fix: "Change that person's role instead, or make them a link for a new password.",
  },
  PERSON_NEEDED: {
    status: 409,
    title: "only somebody with an account of their own can do this",
    fix: "Sign in as a person; who came by a sign-in link makes an account under Members & keys.",
  },
  LAST_ADMIN: {
    status: 409,
    title: "this is the last admin",
    fix: "Make somebody else an admin first.",
  },
  KEY_NOT_FOUND: {
    status: 404,
    title: "there is no such API key",
    fix: "List them with `browservm key ls`.",
  },
  GRANT_TOO_STRONG: {
    status: 403,
    title: "nobody can give more than they have themselves",
    fix: "Ask for less, or let somebody do it who has what `details.missing` names.",
  },
  OIDC_REFUSED: {
    status: 403,
    title: "the OpenID provider's answer does not let anybody in here",
    fix: "Use an account whose verified e-mail address is allowed, or ask an admin for an invitation.",
  },
  OIDC_UNAVAILABLE: {
    status: 503,
    title: "signing in by the OpenID provider does not work now",
    fix: "Try again later; an admin finds the reason in the controller's log and the settings under `auth.oidc`.",
  },
} as const satisfies Record<string, ErrorRow>;
