import type { ErrorRow } from "./error-row.ts";

/** What can be wrong with connections, the vault that keeps them, and the audit log. */
export const VAULT_ERRORS = {
  VAULT_LOCKED: {
    status: 503,
    title: "the vault's master key is missing",
    fix: "Bring the key back to where `vault.keyFrom` says it is (docs/connections.md), then restart the controller.",
  },
  VAULT_KEY_WRONG: {
    status: 503,
    title: "the vault's master key is not the one that its connections were locked with",
    fix: "Bring the right key back (docs/connections.md), then restart the controller; nothing was changed.",
  },
  VAULT_KEY_UNUSABLE: {
    status: 503,
    title: "the vault's master key cannot be used as it is",
    fix: "Do what the message says: mode 0600 and its own user for a file, 32 bytes in base64 for a key.",
  },
  VAULT_NO_NEW_KEY: {
    status: 409,
    title: "there is no newer master key to rotate to",
    fix: "Put a line `VERSION:KEY` with a higher version beside the present one where `vault.keyFrom` says, then rotate again.",
  },
  SECRET_ALTERED: {
    status: 500,
    title: "a stored secret is not what was written",
    fix: "Its row was altered or moved: restore the database from a backup, or delete the connection and make it anew.",
  },
  CONNECTION_NOT_FOUND: {
    status: 404,
    title: "there is no such connection",
    fix: "List them with `browservm connection ls`.",
  },
  CONNECTION_NEEDS_USER: {
    status: 409,
    title: "the connection works only after somebody has signed in again",
    fix: "Sign in anew and make the connection again; `details.health` says why.",
  },
  CONNECTION_UNSUITABLE: {
    status: 409,
    title: "this kind of connection cannot be used so",
    fix: "Tokens come from `oauth` connections; `files` connections are put into a session.",
  },
  CONNECTION_LIMIT: {
    status: 409,
    title: "as many connections exist as may",
    fix: "Delete some with `browservm connection rm`.",
  },
  PROVIDER_DOWN: {
    status: 502,
    title: "the provider did not answer as it should",
    fix: "Try again later; `details.reason` says what it did.",
  },
} as const satisfies Record<string, ErrorRow>;
