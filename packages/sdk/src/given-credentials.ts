import { z } from "zod";
import type { CreateConnectionOptions } from "./connections.ts";

type OAuth = Extract<CreateConnectionOptions, { kind: "oauth" }>;

/** What a token endpoint answers (RFC 6749 §5.1). */
export const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().optional(),
  expires_in: z.number().positive().optional(),
  scope: z.string().optional(),
});

/** The tokens of a connection, of what a token endpoint answered just now. */
export const tokensOf = (answer: z.infer<typeof TokenAnswer>, now = Date.now()): OAuth["tokens"] => ({
  accessToken: answer.access_token,
  ...(answer.refresh_token === undefined ? {} : { refreshToken: answer.refresh_token }),
  ...(answer.expires_in === undefined
    ? {}
    : { expiresAt: new Date(now + answer.expires_in * 1000).toISOString() }),
  scopes: answer.scope?.split(" ").filter(Boolean) ?? [],
});

/** What Playwright's `storageState` writes, as a connection keeps it; the API says what a cookie is. */
export const StorageState = z
  .object({
    cookies: z.array(z.record(z.string(), z.unknown())).default([]),
    origins: z
      .array(
        z.object({
          origin: z.string(),
          localStorage: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
        }),
      )
      .default([]),
  })
  .transform(({ cookies, origins }) => ({
    cookies,
    storage: origins.map(({ origin, localStorage }) => ({
      origin,
      localStorage: Object.fromEntries(localStorage.map(({ name, value }) => [name, value])),
    })),
  }));
