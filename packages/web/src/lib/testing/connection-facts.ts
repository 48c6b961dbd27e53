import { AuditEntry, Connection, ConnectionId, Signin, SigninId, SigninProvider } from "@browservm/contract";
import { at } from "./session-facts.ts";

export const CONNECTION_ID = ConnectionId.parse(`con_${"c".repeat(20)}`);
export const SIGNIN_ID = SigninId.parse(`sgn_${"g".repeat(20)}`);

/** A connection that works, changed as a test needs it. */
export const connectionFact = (over: Partial<Connection> = {}): Connection =>
  Connection.parse({
    id: CONNECTION_ID,
    kind: "oauth",
    project: "default",
    provider: "google",
    subject: "ada@example.com",
    scopes: ["openid", "email"],
    expiresAt: at(3600),
    health: "ok",
    healthReason: null,
    healthAt: at(-600),
    needsUser: false,
    createdAt: at(-86_400),
    usedAt: at(-120),
    rotatedAt: at(-1800),
    ...over,
  });

/** An entry of the audit log, changed as a test needs it. */
export const auditFact = (over: Partial<AuditEntry> = {}): AuditEntry =>
  AuditEntry.parse({
    seq: 1,
    at: at(-60),
    action: "connection.created",
    actor: { kind: "key", id: "key_1", name: "robot" },
    connectionId: CONNECTION_ID,
    sessionId: null,
    requestId: "req_1",
    details: { kind: "oauth", provider: "google" },
    hash: "ab".repeat(32),
    ...over,
  });

/** A sign-in that waits for a person, changed as a test needs it. */
export const signinFact = (over: Partial<Signin> = {}): Signin =>
  Signin.parse({
    id: SIGNIN_ID,
    project: "default",
    provider: "example",
    recipe: "oauth",
    kind: "oauth",
    state: "awaiting_user",
    attempt: 1,
    steps: [
      { step: "session", at: at(-20) },
      { step: "prepare", at: at(-12) },
      { step: "open", at: at(-10) },
      { step: "user", at: at(-8) },
    ],
    guide: {
      text: "Sign in with your account in the browser beside.",
      url: "https://id.example/authorize?client_id=app&scope=openid",
      userCode: null,
      needsConfirm: false,
    },
    captures: ["the access and refresh token", "the name of the account"],
    leaves: ["your password", "cookies of the provider"],
    sessionId: null,
    liveViewUrl: null,
    sessionOver: false,
    connectionId: null,
    renews: false,
    subject: null,
    createdAt: at(-21),
    expiresAt: at(880),
    abandonedAt: null,
    endedAt: null,
    reason: null,
    canRetry: false,
    ...over,
  });

/** A tool that is known here, changed as a test needs it. */
export const providerFact = (over: Partial<SigninProvider> = {}): SigninProvider =>
  SigninProvider.parse({
    name: "codex",
    title: "Codex",
    recipe: "cli",
    kind: "files",
    source: "builtin",
    captures: ["~/.codex/auth.json"],
    leaves: ["your password"],
    ...over,
  });
