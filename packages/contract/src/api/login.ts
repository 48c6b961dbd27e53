import { z } from "zod";
import { ProjectName, Role, Scope } from "../access.ts";
import { route } from "../define-route.ts";
import { PersonId } from "../ids.ts";

const Empty = z.object({});

/** Who is asking, and what a page needs to know to start. */
export const Me = z.object({
  /** Of who is signed in to the page; `link`: by a link to one session; null for keys. */
  role: z.enum([...Role.options, "link"]).nullable(),
  scopes: z.array(Scope),
  /** Null for keys, links, root, and who signed in by a one-time link of root's. */
  person: z
    .object({ id: PersonId, name: z.string(), email: z.string(), hasPassword: z.boolean() })
    .nullable(),
  /** The one project that the caller sees; null: every project. */
  project: ProjectName.nullable(),
  csrfToken: z.string().nullable(),
  version: z.string(),
  publicUrl: z.string(),
});
export type Me = z.infer<typeof Me>;

/** Long rather than odd (NIST SP 800-63B); the most is what one wants to hash. */
export const NewPassword = z.string().min(12).max(200);

/** As people are known by, whatever the case they type it in. */
export const Email = z.email().max(254).toLowerCase();

/** Where a page goes after a sign-in: a path of ours, never another site. */
export const NextPath = z
  .string()
  .max(300)
  .regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, "a path that begins with one slash");

/** Coming in and going out. */
export const loginRoutes = {
  login: route({
    method: "POST",
    path: "/v1/login",
    summary: "Exchange a one-time token for a cookie",
    access: "open",
    body: z.strictObject({ token: z.string().max(256) }),
    reply: Me,
    errors: ["LOGIN_TOKEN_SPENT", "RATE_LIMITED"],
  }),
  loginWays: route({
    method: "GET",
    path: "/v1/login/ways",
    summary: "How people may sign in here",
    access: "open",
    reply: z.object({ password: z.boolean(), oidc: z.object({ name: z.string() }).nullable() }),
  }),
  passwordLogin: route({
    method: "POST",
    path: "/v1/login/password",
    summary: "Sign in by e-mail address and password",
    access: "open",
    body: z.strictObject({ email: z.string().max(254), password: z.string().max(1000) }),
    reply: Me,
    errors: ["LOGIN_REFUSED", "RATE_LIMITED"],
  }),
  /** Answers are redirects, also failures: to `/login#problem=CODE`. */
  oidcLogin: route({
    method: "GET",
    path: "/v1/login/oidc",
    summary: "Sign in by the OpenID provider of `auth.oidc`: goes there",
    access: "open",
    query: z.object({ next: NextPath.optional() }),
    reply: z.unknown(),
    status: 302,
    kind: "redirect",
    errors: ["RATE_LIMITED"],
  }),
  oidcCallback: route({
    method: "GET",
    path: "/v1/login/oidc/callback",
    summary: "Where the OpenID provider sends people back to",
    access: "open",
    query: z.looseObject({}),
    reply: z.unknown(),
    status: 302,
    kind: "redirect",
    errors: ["RATE_LIMITED"],
  }),
  logout: route({
    method: "POST",
    path: "/v1/logout",
    summary: "Forget the cookie",
    access: "known",
    reply: Empty,
  }),
  signOutEverywhere: route({
    method: "POST",
    path: "/v1/me/sign-out-everywhere",
    summary: "End every sign-in of the person that asks, this one too, and their open views",
    access: "known",
    reply: Empty,
    errors: ["PERSON_NEEDED"],
  }),
  changePassword: route({
    method: "POST",
    path: "/v1/me/password",
    summary: "Change one's own password; ends one's other sign-ins",
    access: "known",
    body: z.strictObject({ current: z.string().max(1000), next: NewPassword }),
    reply: Me,
    errors: ["PERSON_NEEDED", "LOGIN_REFUSED", "RATE_LIMITED"],
  }),
  me: route({ method: "GET", path: "/v1/me", summary: "Who is asking", access: "known", reply: Me }),
  createLoginToken: route({
    method: "POST",
    path: "/v1/login-tokens",
    summary: "Make a one-time sign-in link, which lets an admin in",
    access: "people:write",
    reply: z.object({ token: z.string(), url: z.string(), expiresAt: z.iso.datetime() }),
    status: 201,
    errors: ["GRANT_TOO_STRONG"],
  }),
} as const;
