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
  mark: MarkTable;
}

export interface SessionTable {
  id: string;
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
  expires_at: string;
  ttl_seconds: number;
  reason_json: string | null;
  /** Whether the page that was asked for was opened. */
  is_navigated: number;
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
  role: string;
  /** The first characters of the secret, to recognise it by. */
  prefix: string;
  secret_sha256: string;
  created_at: string;
  last_used_at: string | null;
}

export interface LoginTokenTable {
  token_sha256: string;
  role: string;
  expires_at: string;
  spent_at: string | null;
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
}

export interface ViewTokenTable {
  token_sha256: string;
  session_id: string;
  role: string;
  one_time: number;
  expires_at: string;
  spent_at: string | null;
}

/** How far we have read, e.g. in hostd's events. */
export interface MarkTable {
  name: string;
  value: number;
}
