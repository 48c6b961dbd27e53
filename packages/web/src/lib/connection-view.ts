import type { Connection, ConnectionHealth, ConnectionKind } from "@browservm/contract";
import { byWords } from "./by-words.ts";

interface HealthWords {
  readonly words: string;
  readonly tone: "ok" | "warn" | "bad";
  /** What it means, and what helps. */
  readonly help: string;
}

export const HEALTH_WORDS: Readonly<Record<ConnectionHealth, HealthWords>> = {
  ok: { words: "Works", tone: "ok", help: "It works." },
  expiring: {
    words: "Expires soon",
    tone: "warn",
    help: "It ends within a day, and nothing can renew it. Sign in again before that.",
  },
  expired: {
    words: "Expired",
    tone: "bad",
    help: "Its time is over, and nothing can renew it. Sign in again.",
  },
  revoked: {
    words: "Revoked",
    tone: "bad",
    help: "The provider refuses its refresh token: somebody took the access back. Sign in again.",
  },
  refresh_reused: {
    words: "Used up",
    tone: "bad",
    help: "Its refresh token was used up, and what came instead never got here. Sign in again.",
  },
  needs_user: {
    words: "Needs a person",
    tone: "bad",
    help: "The provider wants a person, or other client settings. Sign in again.",
  },
  provider_down: {
    words: "Provider down",
    tone: "warn",
    help: "The provider does not answer as it should. It is asked again by itself.",
  },
};

export const KIND_WORDS: Readonly<Record<ConnectionKind, string>> = {
  oauth: "OAuth tokens",
  files: "Files of a tool",
  cookies: "Browser state",
};

/** What a person calls it: the account, else the provider. */
export const connectionName = ({ provider, subject }: Connection): string =>
  subject === null ? provider : `${subject} at ${provider}`;

export type ConnectionChoice = "all" | "care" | ConnectionKind;

export interface ConnectionFilter {
  readonly text: string;
  readonly choice: ConnectionChoice;
}

/** Those that fit what is looked for: every word must be in its provider, subject, id or scopes. */
export function findConnections(
  all: readonly Connection[],
  { text, choice }: ConnectionFilter,
): readonly Connection[] {
  const fits = byWords(text);
  return all.filter((one) => {
    const about = [one.provider, one.subject ?? "", one.id, ...one.scopes].join(" ");
    return isChosen(one, choice) && fits(about);
  });
}

const isChosen = ({ health, kind }: Connection, choice: ConnectionChoice): boolean => {
  if (choice === "care") return health !== "ok";
  return choice === "all" || kind === choice;
};

/** When it ends: "in 4 h 10 min", "3 d ago", "not known". */
export function expiryWords({ expiresAt }: Connection, format: (ms: number) => string, now: number): string {
  if (expiresAt === null) return "not known";
  const left = Date.parse(expiresAt) - now;
  return left > 0 ? `in ${format(left)}` : `${format(-left)} ago`;
}
