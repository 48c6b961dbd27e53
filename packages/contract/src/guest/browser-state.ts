import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use

/** What one browser state may hold. `jsonBytes`: all of it together, so that it is one message of the control channel. */
export const BROWSER_STATE_LIMITS = { cookies: 500, origins: 20, jsonBytes: 786_432 } as const;

/** One cookie. A `domain` with a dot before it is for its subdomains, too. */
export const browserCookie = () =>
  z.strictObject({
    name: z.string().max(4096),
    value: z.string().max(8192),
    domain: z.string().max(253),
    path: z.string().max(2048).default("/"),
    /** Seconds since 1970; absent: until the browser ends. */
    expires: z.number().optional(),
    secure: z.boolean().default(false),
    httpOnly: z.boolean().default(false),
    sameSite: z.enum(["Strict", "Lax", "None"]).optional(),
  });

/** The local storage of one origin. */
export const originStorage = () =>
  z.strictObject({
    origin: z.url().max(1000),
    localStorage: z.record(z.string().max(1000), z.string().max(65_536)),
  });

/** Cookies and local storage, as a browser has them and the vault keeps them. */
export const browserState = () =>
  z.strictObject({
    cookies: z.array(browserCookie()).max(BROWSER_STATE_LIMITS.cookies),
    storage: z.array(originStorage()).max(BROWSER_STATE_LIMITS.origins).default([]),
  });
export type BrowserState = z.output<ReturnType<typeof browserState>>;

/** An origin of the web as it is written, without a path: "https://example.org". */
export const webOrigin = () =>
  z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .refine((text) => URL.parse(text)?.origin === text, "must be an origin: scheme, host and port alone");
