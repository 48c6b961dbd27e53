import { z } from "zod";
import { route } from "../define-route.ts";
import { ConnectionId, SessionId } from "../ids.ts";

export const VaultStatus = z.object({
  /** Why it is not open, as the errors of those names say. */
  state: z.enum(["open", "locked", "wrong_key", "unusable_key"]),
  /** The same in words. */
  reason: z.string().nullable(),
  keyFrom: z.enum(["file", "env", "command"]),
  keyVersion: z.int().nullable(),
  connections: z.int(),
  profiles: z.int().default(0),
  /** Connections and profiles that are still locked with an older version of the key. */
  waiting: z.int(),
});
export type VaultStatus = z.infer<typeof VaultStatus>;

export const AUDIT_ACTIONS = [
  "connection.created",
  "connection.deleted",
  "connection.token_read",
  "connection.injected",
  "connection.token_injected",
  "connection.refreshed",
  "connection.refresh_failed",
  "connection.health",
  "connection.renewed",
  "signin.started",
  "signin.retried",
  "signin.completed",
  "signin.failed",
  "signin.cancelled",
  "signin.timed_out",
  "profile.created",
  "profile.saved",
  "profile.save_failed",
  "profile.used",
  "profile.renamed",
  "profile.deleted",
  "vault.key_made",
  "vault.rotation_started",
  "vault.rotation_done",
  "audit.exported",
  "key.created",
  "key.rotated",
  "key.revoked",
  "person.invited",
  "person.reset_link_made",
  "invitation.revoked",
  "person.joined",
  "person.linked",
  "person.signed_in",
  "person.sign_in_refused",
  "person.password_changed",
  "person.signed_out_everywhere",
  "person.changed",
  "person.removed",
  "operator.link_made",
  "operator.signed_in",
] as const;
export const AuditAction = z.enum(AUDIT_ACTIONS);
export type AuditAction = z.infer<typeof AuditAction>;

/** Who did something: a person, a key, a page that is signed in otherwise, root on the socket, a link, or the controller by itself. */
export const AuditActor = z.object({
  kind: z.enum(["person", "key", "cookie", "socket", "view-token", "system"]),
  id: z.string().nullable(),
  name: z.string().nullable(),
});
export type AuditActor = z.infer<typeof AuditActor>;

export const AuditEntry = z.object({
  seq: z.int().positive(),
  at: z.iso.datetime(),
  action: AuditAction,
  actor: AuditActor,
  connectionId: ConnectionId.nullable(),
  sessionId: SessionId.nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  /** SHA-256 over the entry before and this one, in hex. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `brokenAt`: the first entry that is not as it was written. */
export const AuditVerdict = z.object({
  ok: z.boolean(),
  entries: z.int().nonnegative(),
  brokenAt: z.int().nullable(),
  /** Of the last entry: kept elsewhere, it proves later that nothing before it was changed. */
  headHash: z.string(),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;

const NO_KEY = ["VAULT_LOCKED", "VAULT_KEY_WRONG", "VAULT_KEY_UNUSABLE"] as const;

/** The vault's key, and what was done with connections. For admins. */
export const vaultRoutes = {
  vault: route({
    method: "GET",
    path: "/v1/vault",
    summary: "Whether the vault is open, and how far a rotation of its key is",
    access: "vault:read",
    reply: VaultStatus,
  }),
  rotateVault: route({
    method: "POST",
    path: "/v1/vault/rotate",
    summary: "Take a new version of the master key; connections are locked anew with it in the background",
    access: "vault:write",
    reply: VaultStatus,
    status: 202,
    errors: [...NO_KEY, "VAULT_NO_NEW_KEY"],
  }),
  listAudit: route({
    method: "GET",
    path: "/v1/audit",
    summary: "The audit log, newest first",
    access: "audit:read",
    query: z.object({
      connection: ConnectionId.optional(),
      cursor: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    reply: z.object({ data: z.array(AuditEntry), nextCursor: z.int().nullable() }),
  }),
  exportAudit: route({
    method: "GET",
    path: "/v1/audit/export",
    summary: "The whole audit log, oldest first, an entry a line",
    access: "audit:read",
    reply: z.unknown(),
    kind: "ndjson",
  }),
  verifyAudit: route({
    method: "GET",
    path: "/v1/audit/verify",
    summary: "Check that every entry of the audit log is as it was written",
    access: "audit:read",
    reply: AuditVerdict,
  }),
} as const;
