import { z } from "zod";
import { ProviderName } from "../api/connections.ts";
import { SigninSettings } from "../api/signin-settings.ts";

const Providers = z
  .array(
    z.strictObject({
      name: ProviderName,
      title: z.string().min(1).max(100).optional(),
      settings: SigninSettings,
      /** Instead of `settings.client.clientSecret`, so that no secret is in here. */
      clientSecretFile: z.string().startsWith("/").optional(),
    }),
  )
  .max(64)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two have the same name")
  .refine(
    (all) =>
      all.every(({ settings }) => settings.recipe !== "oauth" || settings.client.clientSecret === undefined),
    "a client's secret belongs into clientSecretFile",
  )
  .default([])
  .describe(
    "Providers that people can sign in at: a list of `{name, title, settings, clientSecretFile}`; as JSON in a variable",
  );

export const Signins = z.strictObject({
  atOnce: z.int().min(1).max(1000).default(20).describe("Sign-ins that may go on at one time"),
  providers: Providers,
});
