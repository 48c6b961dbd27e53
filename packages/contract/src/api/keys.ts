import { z } from "zod";
import { Grant, ProjectName } from "../access.ts";
import { route } from "../define-route.ts";
import { ApiKeyId, PersonId } from "../ids.ts";

const TEN_YEARS_S = 315_360_000;
const THIRTY_DAYS_S = 2_592_000;
const A_DAY_S = 86_400;

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  /** The first characters of its secret. */
  prefix: z.string(),
  scopes: z.array(Grant),
  /** The one project whose sessions and connections it sees; null: every project's. */
  project: ProjectName.nullable(),
  /** Whose it is: it can do no more than that person, and nothing while the person is disabled. */
  owner: z.object({ id: PersonId, name: z.string(), disabled: z.boolean() }).nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
  /** The secret before the last rotation, while it still works. */
  old: z
    .object({ prefix: z.string(), until: z.iso.datetime(), lastUsedAt: z.iso.datetime().nullable() })
    .nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;

const WithSecret = ApiKey.extend({
  /** Told once: only its hash is kept. */
  secret: z.string(),
});

export const CreateApiKey = z
  .strictObject({
    name: z.string().min(1).max(100),
    /** What it may do. */
    scopes: z.array(Grant).min(1).max(50).optional(),
    /** Instead of scopes: `user` does everything with sessions and connections, `admin` everything. */
    role: z.enum(["admin", "user"]).optional(),
    /** Null: every project. Absent: the caller's, else `default`, and every project for the role `admin`. */
    project: ProjectName.nullable().optional(),
    ttlSeconds: z.int().min(60).max(TEN_YEARS_S).optional(),
  })
  .refine(
    ({ scopes, role }) => scopes === undefined || role === undefined,
    "give scopes or a role, not both",
  );
export type CreateApiKey = z.output<typeof CreateApiKey>;

const Params = z.object({ id: ApiKeyId });

/** Keys of programs. Nobody makes, changes or sees a key that is stronger than the caller's own credentials. */
export const keyRoutes = {
  createApiKey: route({
    method: "POST",
    path: "/v1/api-keys",
    summary: "Make an API key; the secret is shown once",
    access: "keys:write",
    body: CreateApiKey,
    reply: WithSecret,
    status: 201,
    errors: ["GRANT_TOO_STRONG"],
  }),
  listApiKeys: route({
    method: "GET",
    path: "/v1/api-keys",
    summary: "List API keys, without their secrets",
    access: "keys:write",
    reply: z.object({ data: z.array(ApiKey) }),
  }),
  rotateApiKey: route({
    method: "POST",
    path: "/v1/api-keys/:id/rotate",
    summary: "Give a key a new secret; the old one works until its grace time is over",
    access: "keys:write",
    params: Params,
    body: z.strictObject({ graceSeconds: z.int().min(0).max(THIRTY_DAYS_S).default(A_DAY_S) }),
    reply: WithSecret,
    errors: ["KEY_NOT_FOUND", "GRANT_TOO_STRONG"],
  }),
  removeApiKey: route({
    method: "DELETE",
    path: "/v1/api-keys/:id",
    summary: "Revoke an API key at once; twice is fine",
    access: "keys:write",
    params: Params,
    reply: z.object({}),
    errors: ["GRANT_TOO_STRONG"],
  }),
} as const;
