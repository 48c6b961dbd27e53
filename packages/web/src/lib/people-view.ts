import type { ApiKey, Grant, Person, Role } from "@browservm/contract";
import { formatAgo, formatSpan } from "./format.ts";

/** Roles in words: what they are called, and what they may. */
export const ROLE_WORDS: Readonly<Record<Role, { name: string; may: string }>> = {
  admin: { name: "admin", may: "Admins do everything, also with people and the machine." },
  member: {
    name: "member",
    may: "Members start and use sessions and connections, and make keys of their own.",
  },
  viewer: { name: "viewer", may: "Viewers look at sessions, and change nothing." },
};

/** How a person is, in one line. */
export function personFacts(person: Person, now: number): string {
  const ways = [...(person.hasPassword ? ["password"] : []), ...(person.hasOidc ? ["OpenID"] : [])];
  const seen =
    person.lastSignInAt === null ? "never signed in" : `signed in ${formatAgo(person.lastSignInAt, now)}`;
  return [person.email, ways.join(" and ") || "no way in", seen].join(", ");
}

export type KeyState = "good" | "expired" | "dormant";

/** Whether a key lets anything in now. */
export function keyState({ expiresAt, owner }: ApiKey, now: number): KeyState {
  if (owner?.disabled) return "dormant";
  return expiresAt !== null && Date.parse(expiresAt) <= now ? "expired" : "good";
}

export const KEY_STATE_WORDS: Readonly<Record<KeyState, string>> = {
  good: "Good",
  expired: "Expired",
  dormant: "Owner disabled",
};

/** What is to be known of a key, in one line. */
export function keyFacts(key: ApiKey, now: number): string {
  const { project, owner, expiresAt, lastUsedAt } = key;
  const left = expiresAt === null ? null : Date.parse(expiresAt) - now;
  return [
    project === null ? "all projects" : `project ${project}`,
    ...(owner === null ? [] : [`of ${owner.name}`]),
    ...(left === null || left <= 0 ? [] : [`${formatSpan(left)} left`]),
    lastUsedAt === null ? "not used yet" : `used ${formatAgo(lastUsedAt, now)}`,
  ].join(", ");
}

/** Of a rotated key: whether its old secret still works, and is still used. */
export function oldSecretFacts({ old }: ApiKey, now: number): string | null {
  if (old === null || Date.parse(old.until) <= now) return null;
  const use = old.lastUsedAt === null ? "nobody uses it" : `last used ${formatAgo(old.lastUsedAt, now)}`;
  return `The old secret ${old.prefix}… works for ${formatSpan(Date.parse(old.until) - now)} more; ${use}.`;
}

/** Sets of scopes that people often want; `custom` is whatever else they choose. */
export const KEY_PRESETS: readonly {
  readonly id: string;
  readonly words: string;
  readonly scopes: readonly Grant[];
}[] = [
  {
    id: "work",
    words: "Use sessions and connections",
    scopes: ["sessions:write", "connections:token", "connections:write", "pools:read", "host:read"],
  },
  { id: "look", words: "Only look at sessions", scopes: ["sessions:read"] },
  { id: "tokens", words: "Only read access tokens", scopes: ["connections:token"] },
];
export const CUSTOM = "custom";

/** What the form for a key holds. */
export interface KeyDraft {
  readonly name: string;
  readonly preset: string;
  readonly custom: ReadonlySet<Grant>;
  readonly project: string;
  readonly ttlSeconds: number;
}

export const EMPTY_KEY: KeyDraft = {
  name: "",
  preset: "work",
  custom: new Set(),
  project: "default",
  ttlSeconds: 7_776_000,
};

export const KEY_TIMES: readonly (readonly [number, string])[] = [
  [86_400, "1 day"],
  [2_592_000, "30 days"],
  [7_776_000, "90 days"],
  [31_536_000, "1 year"],
  [0, "until it is revoked"],
];

export function scopesOfDraft({ preset, custom }: KeyDraft): readonly Grant[] {
  return KEY_PRESETS.find(({ id }) => id === preset)?.scopes ?? [...custom];
}

/** What is wrong with a draft, by its field. */
export function keyProblems(draft: KeyDraft): { name?: string; scopes?: string; project?: string } {
  return {
    ...(draft.name.trim() === "" ? { name: "Say what it is for." } : {}),
    ...(scopesOfDraft(draft).length === 0 ? { scopes: "Choose what it may do." } : {}),
    ...(/^([a-z0-9][a-z0-9-]{0,39})?$/.test(draft.project)
      ? {}
      : { project: "Lower-case letters, digits and -; empty for every project." }),
  };
}

/** What is asked of the API. */
export function keyRequest(draft: KeyDraft) {
  const { name, project, ttlSeconds } = draft;
  return {
    name: name.trim(),
    scopes: [...scopesOfDraft(draft)],
    project: project === "" ? null : project,
    ...(ttlSeconds === 0 ? {} : { ttlSeconds }),
  };
}
