import { z } from "zod";
import { ProjectName } from "../access.ts";
import { route } from "../define-route.ts";
import { Reason } from "../gate.ts";
import { ConnectionId, SessionId, SigninId } from "../ids.ts";
import { ConnectionKind, ProviderName, SubjectName } from "./connections.ts";
import { ProfileName } from "./profiles.ts";
import { CreateSession, NewSession } from "./session.ts";
import { SigninSettings } from "./signin-settings.ts";

/**
 * `starting`: a VM comes up and is prepared; `awaiting_user`: somebody may sign in; `capturing`: what came of it is fetched,
 * checked and stored. The other four are ends: the session is over then, or ends as soon as its host can be reached.
 */
export const SigninState = z.enum([
  "starting",
  "awaiting_user",
  "capturing",
  "completed",
  "failed",
  "cancelled",
  "timed_out",
]);
export type SigninState = z.infer<typeof SigninState>;

/** The states that are ends. */
export const SIGNIN_ENDS = ["completed", "failed", "cancelled", "timed_out"] as const satisfies SigninState[];
export type SigninEnd = (typeof SIGNIN_ENDS)[number];
export const isSigninEnd = (state: SigninState): state is SigninEnd =>
  SIGNIN_ENDS.some((end) => end === state);

/** What is done, in this order; `install` for tools that are not in the image only. */
export const SigninStep = z.enum([
  "session",
  "prepare",
  "install",
  "open",
  "user",
  "capture",
  "profile",
  "store",
]);
export type SigninStep = z.infer<typeof SigninStep>;

const Recipe = z.enum(["oauth", "cookies", "cli"]);

/** What a person needs to know beside the live view. */
export const SigninGuide = z.object({
  /** One sentence: what to do now. */
  text: z.string(),
  /** Where to sign in. The session's browser shows it already; a `code` answer only arrives from that browser. */
  url: z.string().nullable(),
  /** To be typed at that address (device flow). */
  userCode: z.string().nullable(),
  /** Nothing tells us when it is done: the person must (`confirm`). */
  needsConfirm: z.boolean(),
});
export type SigninGuide = z.infer<typeof SigninGuide>;

export const Signin = z.object({
  id: SigninId,
  /** Of its session and its connection. */
  project: z.string(),
  provider: z.string(),
  recipe: Recipe,
  /** Of the connection that it makes. */
  kind: ConnectionKind,
  state: SigninState,
  /** 1 for the first; each retry counts on. */
  attempt: z.int().positive(),
  /** What was begun in this attempt; the last one goes on, until the state is an end. */
  steps: z.array(z.object({ step: SigninStep, at: z.iso.datetime() })),
  guide: SigninGuide.nullable(),
  /** What is stored if it succeeds, and what is not, in words for people. */
  captures: z.array(z.string()),
  leaves: z.array(z.string()),
  sessionId: SessionId.nullable(),
  liveViewUrl: z.string().nullable(),
  /** Whether the session and its VM are gone. */
  sessionOver: z.boolean(),
  /** What it yielded; before, the connection that it shall renew. */
  connectionId: ConnectionId.nullable(),
  /** Whether it signs in again into a connection that is there. */
  renews: z.boolean(),
  /** Whose account it must be. */
  subject: z.string().nullable(),
  /** The name of the profile that its browser is kept as when it is completed. */
  profile: z.string().nullable().default(null),
  createdAt: z.iso.datetime(),
  /** When this attempt is given up. */
  expiresAt: z.iso.datetime(),
  /** When its page is taken for closed; null until that sends heartbeats. */
  abandonedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** Why it ended without a connection. */
  reason: Reason.nullable(),
  canRetry: z.boolean(),
});
export type Signin = z.infer<typeof Signin>;

/** A provider that people can sign in at without further settings. */
export const SigninProvider = z.object({
  name: z.string(),
  title: z.string(),
  recipe: Recipe,
  kind: ConnectionKind,
  /** `builtin`: comes with BrowserVM; `config`: of `signins.providers`. */
  source: z.enum(["builtin", "config"]),
  captures: z.array(z.string()),
  leaves: z.array(z.string()),
});
export type SigninProvider = z.infer<typeof SigninProvider>;

/** `provider` may be left out beside `connection`, whose provider it is then. */
const requestWith = <Session extends z.ZodType>(session: Session) =>
  z
    .strictObject({
      /** Whose it is, as of a connection; with `connection` it is that one's. */
      project: ProjectName.optional(),
      provider: ProviderName.optional(),
      /** How; absent: as the provider of that name is known, or as the connection to be renewed was made (OAuth). */
      settings: SigninSettings.optional(),
      /** To be renewed: its secret is replaced, if it is the same account. */
      connection: ConnectionId.optional(),
      /** Whose account it must be; a name for it where the recipe cannot tell. */
      subject: SubjectName.optional(),
      /** Keeps the browser that somebody signed in with as a new profile of this name; the name must be free. */
      profile: ProfileName.optional(),
      /** Seconds in which somebody must have signed in. */
      expiresIn: z.int().min(30).max(3600).default(900),
      /** Seconds after the last heartbeat of a page after which it counts as closed; only once it has sent one. */
      heartbeatSeconds: z.int().min(15).max(3600).default(180),
      session: session.optional(),
    })
    .refine(({ provider, connection }) => provider !== undefined || connection !== undefined, {
      error: "name a provider or a connection",
      path: ["provider"],
    });
const SESSION = {
  image: true,
  viewport: true,
  vcpus: true,
  memoryMib: true,
  environment: true,
  start: true,
  pool: true,
  egress: true,
} as const;
export const CreateSignin = requestWith(CreateSession.pick(SESSION));
export type CreateSignin = z.infer<typeof CreateSignin>;

/** The same as it is asked for. */
export const NewSignin = requestWith(NewSession.pick(SESSION));
export type NewSignin = z.infer<typeof NewSignin>;

const Params = z.object({ id: SigninId });
const START_ERRORS = [
  "PROXY_CREDENTIALS_UNKNOWN",
  "SIGNIN_PROVIDER_UNKNOWN",
  "SIGNIN_SETTINGS_INVALID",
  "SIGNIN_LIMIT",
  "CONNECTION_NOT_FOUND",
  "CONNECTION_UNSUITABLE",
  "CONNECTION_LIMIT",
  "VAULT_LOCKED",
  "VAULT_KEY_WRONG",
  "VAULT_KEY_UNUSABLE",
  "SECRET_ALTERED",
] as const;

/** Guided sign-ins: each in a VM of its own, which is destroyed when the credentials are in the vault. */
export const signinRoutes = {
  createSignin: route({
    method: "POST",
    path: "/v1/signins",
    summary: "Let somebody sign in, in a VM of its own; how it goes on is told by events",
    access: "connections:write",
    body: NewSignin,
    reply: Signin,
    status: 201,
    errors: START_ERRORS,
  }),
  listSignins: route({
    method: "GET",
    path: "/v1/signins",
    summary: "List sign-ins, newest first",
    access: "connections:read",
    query: z.object({
      project: ProjectName.optional(),
      state: SigninState.optional(),
      cursor: SigninId.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    reply: z.object({ data: z.array(Signin), nextCursor: z.string().nullable() }),
    errors: ["SIGNIN_NOT_FOUND"],
  }),
  getSignin: route({
    method: "GET",
    path: "/v1/signins/:id",
    summary: "One sign-in",
    access: "connections:read",
    params: Params,
    reply: Signin,
    errors: ["SIGNIN_NOT_FOUND"],
  }),
  heartbeatSignin: route({
    method: "POST",
    path: "/v1/signins/:id/heartbeat",
    summary: "Say that its page is still open; from the first time on it is given up when that ceases",
    access: "connections:write",
    params: Params,
    reply: Signin,
    errors: ["SIGNIN_NOT_FOUND"],
  }),
  confirmSignin: route({
    method: "POST",
    path: "/v1/signins/:id/confirm",
    summary: "Say that the person has signed in: capture now",
    access: "connections:write",
    params: Params,
    reply: Signin,
    errors: ["SIGNIN_NOT_FOUND", "SIGNIN_WRONG_STATE"],
  }),
  cancelSignin: route({
    method: "POST",
    path: "/v1/signins/:id/cancel",
    summary: "Give it up and end its session; twice is fine",
    access: "connections:write",
    params: Params,
    reply: Signin,
    errors: ["SIGNIN_NOT_FOUND", "SIGNIN_WRONG_STATE"],
  }),
  retrySignin: route({
    method: "POST",
    path: "/v1/signins/:id/retry",
    summary: "Begin anew, in a fresh VM, what failed, timed out or was cancelled",
    access: "connections:write",
    params: Params,
    reply: Signin,
    errors: ["SIGNIN_NOT_FOUND", "SIGNIN_WRONG_STATE", ...START_ERRORS],
  }),
  /** `signin.state` and `signin.step` of this sign-in. */
  signinEvents: route({
    method: "GET",
    path: "/v1/signins/:id/events",
    summary: "Events of one sign-in (SSE, resumable by Last-Event-ID)",
    access: "connections:read",
    params: Params,
    query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: z.unknown(),
    kind: "sse",
    errors: ["SIGNIN_NOT_FOUND"],
  }),
  listSigninProviders: route({
    method: "GET",
    path: "/v1/signin-providers",
    summary: "Providers that people can sign in at without further settings",
    access: "connections:read",
    reply: z.object({ data: z.array(SigninProvider) }),
  }),
} as const;
