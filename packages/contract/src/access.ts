import { z } from "zod";

interface ScopeRow {
  readonly title: string;
  /** Whether it is about the whole machine, so that no key of a project may have it. */
  readonly machine?: true;
  /** Scopes that come with it. */
  readonly brings?: readonly string[];
}

/** What credentials may be allowed. Each row of the API names the one that it needs. */
export const SCOPES = {
  "sessions:view": { title: "look at a session whose id one has" },
  "sessions:read": { title: "list sessions, their logs, links and events", brings: ["sessions:view"] },
  "sessions:write": {
    title: "start, use, share and end sessions",
    brings: ["sessions:read", "sessions:view"],
  },
  "connections:read": { title: "list connections, never their secrets" },
  "connections:token": {
    title: "read access tokens, and put connections into sessions",
    brings: ["connections:read"],
  },
  "connections:write": { title: "make, refresh and delete connections", brings: ["connections:read"] },
  "profiles:read": { title: "list profiles, never what is in them" },
  "profiles:use": { title: "load profiles into sessions", brings: ["profiles:read"] },
  "profiles:write": {
    title: "save, rename and delete profiles",
    brings: ["profiles:use", "profiles:read"],
  },
  "pools:read": { title: "list pools" },
  "pools:write": { title: "make, change and remove pools", machine: true, brings: ["pools:read"] },
  "host:read": { title: "the machine in a few words, its numbers and snapshots" },
  "host:inspect": {
    title: "the machine's network, its doctor and its events",
    machine: true,
    brings: ["host:read"],
  },
  "host:write": {
    title: "repairs and golden snapshots",
    machine: true,
    brings: ["host:inspect", "host:read"],
  },
  "vault:read": { title: "how the vault is", machine: true },
  "vault:write": { title: "rotate the vault's key", machine: true, brings: ["vault:read"] },
  "audit:read": { title: "the audit log", machine: true },
  "keys:write": { title: "make, list, rotate and revoke keys that are no stronger than one's own" },
  "people:read": { title: "list people and invitations", machine: true },
  "people:write": { title: "invite, change and remove people", machine: true, brings: ["people:read"] },
} as const satisfies Record<string, ScopeRow>;

export type Scope = keyof typeof SCOPES;
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];
export const Scope = z.enum(ALL_SCOPES);

const NOUNS = [...new Set(ALL_SCOPES.map((scope) => scope.split(":", 1)[0] ?? ""))];
const ALL_GRANTS = [...ALL_SCOPES, ...NOUNS.map((noun) => `${noun}:*` as const), "*" as const];

/** What a key is given: a scope, all of a noun (`pools:*`), or everything (`*`), also what comes in later versions. */
export const Grant = z.enum(ALL_GRANTS);
export type Grant = z.infer<typeof Grant>;

/** Who may call a row: everyone, whoever is signed in, or whose credentials have the scope. */
export type Access = "open" | "known" | Scope;

/** What people may do on the page. */
export const Role = z.enum(["admin", "member", "viewer"]);
export type Role = z.infer<typeof Role>;

/** What using browsers takes. */
const USING: readonly Grant[] = [
  "sessions:write",
  "connections:token",
  "connections:write",
  "profiles:write",
  "pools:read",
  "host:read",
];

/** Roles are nothing but sets of scopes. */
export const ROLE_GRANTS: Readonly<Record<Role, readonly Grant[]>> = {
  admin: ["*"],
  member: [...USING, "keys:write"],
  viewer: ["sessions:read", "connections:read", "profiles:read", "pools:read", "host:read"],
};

/** What keys of the two roles may do that keys had before there were scopes. */
export const KEY_ROLE_GRANTS: Readonly<Record<"admin" | "user", readonly Grant[]>> = {
  admin: ["*"],
  user: USING,
};

/** A link to a session has this, and for that session only. */
export const LINK_GRANTS: readonly Grant[] = ["sessions:view"];

/** The scopes that grants mean, with those that come along. */
export function scopesOf(grants: readonly Grant[]): ReadonlySet<Scope> {
  const named = ALL_SCOPES.filter((scope) =>
    grants.some((grant) => grant === "*" || grant === scope || grant === `${scope.split(":", 1)[0]}:*`),
  );
  return new Set(named.flatMap((scope) => [scope, ...broughtBy(scope)]));
}

function broughtBy(scope: Scope): readonly Scope[] {
  const row: ScopeRow = SCOPES[scope];
  return (row.brings ?? []) as readonly Scope[];
}

/** Those that no key of a project may have. */
export function machineScopes(scopes: ReadonlySet<Scope>): Scope[] {
  return [...scopes].filter((scope) => "machine" in SCOPES[scope]);
}

/** Whose sessions, connections and keys these are: a name, nothing else. */
export const ProjectName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "lower case letters, digits and -");
export const DEFAULT_PROJECT = "default";
