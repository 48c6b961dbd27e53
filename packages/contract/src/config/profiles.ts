import { z } from "zod";

/** Settings of named browser profiles. */
export const Profiles = z.strictObject({
  count: z.int().min(1).max(100_000).default(200).describe("Profiles that may exist at one time"),
  mib: z
    .int()
    .min(1)
    .max(65_536)
    .default(1024)
    .describe("Size of the largest profile before compression, without its caches, in MiB"),
  seconds: z
    .int()
    .min(5)
    .max(3600)
    .default(180)
    .describe("How long loading a profile may take, or saving it; a session's end waits for that"),
});
