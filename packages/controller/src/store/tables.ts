import type { Generated } from "kysely";

/** Times are ISO 8601 in UTC, truths are 0 or 1, `_json` columns are parsed where they are read. */
export interface Tables {
  session: SessionTable;
  idempotency: IdempotencyTable;
  event: EventTable;
  api_key: ApiKeyTable;
  login_token: LoginTokenTable;
  web_session: WebSessionTable;
  view_token: ViewTokenTable;
  person: PersonTable;
  invitation: InvitationTable;
  mark: MarkTable;
  pool: PoolTable;
  pool_vm: PoolVmTable;
  connection: ConnectionTable;
  profile: ProfileTable;
  connection_lease: ConnectionLeaseTable;
  proxy_credentials: ProxyCredentialsTable;
  vault_key: VaultKeyTable;
  signin: SigninTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
}

export interface SessionTable {
  id: string;
  project: string;
  status: string;
  /** The request that made it. */
  request_json: string;
  vm_id: string;
  /** What hostd said last, without the gate; null before it said anything. */
  vm_json: string | null;
  gate_json: string | null;
  created_at: string;
  ready_at: string | null;
  ended_at: string | null;
  /** When it ends because nobody sent a heartbeat; of no meaning while it is paused. */
  expires_at: string;
  ttl_seconds: number;
  reason_json: string | null;
  /** Whether the page that was asked for was opened. */
  is_navigated: number;
  /** The pool that its VM is taken from. */
  pool: string | null;
  /** Whether hostd has handed that VM out. */
  is_claimed: number;
  /** The session that it begins where. */
  fork_of: string | null;
  /** When it ends whatever happens. */
  absolute_at: string | null;
  /** 0 = it may be idle for ever. */
  idle_seconds: number;
  on_idle: string;
  /** When something was last done in it. */
  active_at: string | null;
  /** The time that each time-out had when its warning was told, by its name. */
  warned_json: string;
  /** Its profile, and what has become of that. */
  profile_json: string | null;
}

export interface ProfileTable {
  id: string;
  project: string;
  name: string;
  /** How often it was saved. */
  version: number;
  /** Name of its sealed file; null = never saved. */
  file: string | null;
  bytes: number;
  stored_bytes: number;
  /** The data key of this version under the vault's master key. */
  key_version: number | null;
  wrapped_key: Uint8Array | null;
  created_at: string;
  saved_at: string | null;
  saved_from: string | null;
  used_at: string | null;
  /** The session that writes it; session ids are used once, so it is its own fence. */
  writer: string | null;
  writer_since: string | null;
  /** Why the last attempt to save it failed. */
  failure_json: string | null;
}

export interface IdempotencyTable {
  /** Whose key it is: keys of different callers never meet. */
  scope: string;
  key: string;
  body_sha256: string;
  session_id: string;
  created_at: string;
}

export interface EventTable {
  seq: Generated<number>;
  at: string;
  subject: string;
  type: string;
  data_json: string;
}

export interface ApiKeyTable {
  id: string;
  name: string;
  /** Grants. */
  scopes_json: string;
  /** Null: every project. */
  project: string | null;
  /** The person whose it is, and who bounds what it may do. */
  owner_id: string | null;
  /** The first characters of the secret, to recognise it by. */
  prefix: string;
  secret_sha256: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  /** The secret before the last rotation, and until when it works. */
  old_prefix: string | null;
  old_sha256: string | null;
  old_until: string | null;
  old_used_at: string | null;
}

export interface PersonTable {
  id: string;
  name: string;
  /** In lower case. */
  email: string;
  role: string;
  disabled: number;
  password_hash: string | null;
  oidc_issuer: string | null;
  oidc_subject: string | null;
  created_at: string;
  last_sign_in_at: string | null;
}

export interface InvitationTable {
  id: string;
  token_sha256: string;
  email: string;
  role: string;
  /** Whose password it is to be, where it is no invitation. */
  person_id: string | null;
  invited_by: string | null;
  /** The person that it ends with. */
  inviter_id: string | null;
  created_at: string;
  expires_at: string;
}

export interface LoginTokenTable {
  token_sha256: string;
  role: string;
  expires_at: string;
  spent_at: string | null;
  /** As whom it lets in; null: as root's operator. */
  person_id: string | null;
}

export interface WebSessionTable {
  id: string;
  cookie_sha256: string;
  role: string;
  /** Set for a viewer: the one session that it may see. */
  session_id: string | null;
  can_control: number;
  created_at: string;
  expires_at: string;
  /** The link that it was made by, and for whom that is. */
  link_id: string | null;
  name: string | null;
  /** Who signed in; null for links, and for root's one-time link. */
  person_id: string | null;
}

export interface ViewTokenTable {
  token_sha256: string;
  session_id: string;
  role: string;
  one_time: number;
  expires_at: string;
  /** When it was last used. */
  spent_at: string | null;
  id: string;
  name: string | null;
  created_at: string;
  revoked_at: string | null;
}

/** How far we have read, e.g. in hostd's events. */
export interface MarkTable {
  name: string;
  value: number;
}

export interface PoolTable {
  name: string;
  /** `config` or `api`. */
  source: string;
  image: string;
  size: number;
  /** Null: the image's default, as for `memory_mib`. */
  vcpus: number | null;
  memory_mib: number | null;
  hits: number;
  misses: number;
  /** The last times, in milliseconds, oldest first; as for `claim_ms_json`. */
  refill_ms_json: string;
  claim_ms_json: string;
  /** Why it is not full. */
  reason_json: string | null;
  /** Where its sessions may go. */
  egress_json: string | null;
}

/**
 * VMs that are no session's yet: `filling` until hostd has proven them, `ready`, `claimed` from the choice for a session
 * until hostd has handed it out, `leaving` until hostd has removed it.
 */
export interface PoolVmTable {
  vm_id: string;
  pool: string;
  state: string;
  image: string;
  /** What hostd made it of; null until it answered. */
  image_id: string | null;
  /** The pool's shape when it was asked for. */
  asked_vcpus: number | null;
  asked_memory_mib: number | null;
  /** What it got. */
  vcpus: number | null;
  memory_mib: number | null;
  asked_at: string;
  ready_at: string | null;
}

/** What is not under lock and key is for looking at and finding; nothing is decided by it that would cost a secret. */
export interface ConnectionTable {
  id: string;
  project: string;
  kind: string;
  provider: string;
  subject: string | null;
  scopes_json: string;
  expires_at: string | null;
  /** Whether it has a refresh token. */
  renewable: number;
  health: string;
  health_reason: string | null;
  health_at: string;
  next_check_at: string;
  created_at: string;
  used_at: string | null;
  rotated_at: string | null;
  /** Grows with each new secret. */
  version: number;
  /** The version of the master key that `wrapped_key` is locked with. */
  key_version: number;
  /** The data key and the secret, sealed. */
  wrapped_key: Uint8Array;
  secret: Uint8Array;
}

/** Of a session's, a pool's or a sign-in's proxy; their policies name it by its id. */
export interface ProxyCredentialsTable {
  id: string;
  /** The proxy that they are for. Bound to the secret: no other one is ever told them. */
  address: string;
  /** Always the first: others are another row. */
  version: number;
  created_at: string;
  key_version: number;
  wrapped_key: Uint8Array;
  secret: Uint8Array;
}

/** Who may refresh a connection now, and what was begun. */
export interface ConnectionLeaseTable {
  connection_id: string;
  holder: string;
  /** Grows with each holder: what an earlier one writes is refused. */
  fence: number;
  expires_ms: number;
  /** The version of the secret whose refresh token was sent; null when its answer was stored. */
  attempt_version: number | null;
}

export interface VaultKeyTable {
  version: number;
  /** Something known, sealed with this key: tells whether a key is the right one. */
  probe: Uint8Array;
  created_at: string;
}

export interface SigninTable {
  id: string;
  project: string;
  provider: string;
  recipe: string;
  kind: string;
  state: string;
  attempt: number;
  steps_json: string;
  guide_json: string | null;
  /** What it captures and what it leaves. */
  about_json: string;
  /** What was asked for, without the settings, which may hold a client's secret. */
  request_json: string;
  /** Who asked, for the audit log. */
  asker_json: string;
  session_id: string | null;
  /** Whether that session has ended. */
  session_over: number;
  connection_id: string | null;
  renews: number;
  subject: string | null;
  created_at: string;
  expires_at: string;
  heartbeat_at: string | null;
  confirmed: number;
  ended_at: string | null;
  reason_json: string | null;
  /** Grows with each new secret. */
  version: number;
  /** The settings, and what must be known to go on after a restart, sealed; null when nothing needs them any more. */
  key_version: number | null;
  wrapped_key: Uint8Array | null;
  secret: Uint8Array | null;
}

export interface AuditTable {
  seq: number;
  at: string;
  action: string;
  actor_json: string;
  connection_id: string | null;
  session_id: string | null;
  request_id: string | null;
  details_json: string;
  hash: string;
}

/** One row: the last entry of the audit log. */
export interface AuditHeadTable {
  id: number;
  seq: number;
  hash: string;
}
