import { z } from "zod";
import { Role } from "../access.ts";
import { isProviderUrl } from "../api/provider-url.ts";

/** Signing in to the page by an OpenID provider. */
const Oidc = z
  .strictObject({
    issuer: z
      .string()
      .max(1000)
      .refine((url) => url === "" || isProviderUrl(url), "must be https, or http on this machine's loopback")
      .default("")
      .describe("The OpenID provider by which people may sign in to the page; empty = none"),
    name: z.string().min(1).max(40).default("OpenID").describe("What its button on the sign-in page says"),
    clientId: z.string().max(500).default("").describe("Our client id at the provider"),
    clientSecretFrom: z
      .string()
      .regex(/^$|^file:\/.+/, "must be file:/absolute/path, or empty")
      .default("")
      .describe(
        "Where our client secret is: `file:/path`, mode 0600 and the controller's own; empty = a public client",
      ),
    allowedEmails: z
      .array(z.email().toLowerCase())
      .max(1000)
      .default([])
      .describe("Verified e-mail addresses that are let in; people who have an account are let in as well"),
    allowedDomains: z
      .array(z.string().regex(/^[a-z0-9.-]+\.[a-z]+$/))
      .max(100)
      .default([])
      .describe(
        "Domains whose verified e-mail addresses are let in, e.g. `example.org`; not their subdomains",
      ),
    defaultRole: Role.default("viewer").describe("Role of somebody who comes so for the first time"),
    roleClaim: z
      .string()
      .max(200)
      .default("")
      .describe(
        "Claim that names the role (`admin`, `member`, `viewer`, or a list) at each sign-in; empty = the role is chosen here",
      ),
  })
  .refine(({ issuer, clientId }) => issuer === "" || clientId !== "", {
    path: ["clientId"],
    message: "is needed with an issuer",
  });

export const Auth = z.strictObject({ oidc: Oidc.prefault({}) });
export type OidcSettings = z.infer<typeof Oidc>;
