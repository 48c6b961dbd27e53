import { z } from "zod";

/** Largest file of a connection, and most files of one. */
export const SECRET_FILE_LIMITS = { bytes: 262_144, files: 16, totalBytes: 524_288 } as const;

/** A path below a home: no `..`, nothing hidden in it but names that begin with a dot. */
export const HomePath = z
  .string()
  .max(200)
  .regex(
    /^(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9._@+-]{1,100}(\/[A-Za-z0-9._@+-]{1,100}){0,8}$/,
    "no path below a home",
  );

/** One file with a secret in it, for the home of the browser's user. `data` is base64. */
export const SecretFile = z.strictObject({
  path: HomePath,
  /** Never setuid and the like. */
  mode: z.int().min(0).max(0o777).default(0o600),
  data: z.base64().max(Math.ceil(SECRET_FILE_LIMITS.bytes / 3) * 4),
});
export type SecretFile = z.infer<typeof SecretFile>;

const sizeOf = ({ data }: SecretFile) => (data.length / 4) * 3;

export const SecretFiles = z
  .array(SecretFile)
  .min(1)
  .max(SECRET_FILE_LIMITS.files)
  .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, "two have the same path")
  .refine(
    (files) => files.reduce((sum, file) => sum + sizeOf(file), 0) <= SECRET_FILE_LIMITS.totalBytes,
    `all files together pass ${SECRET_FILE_LIMITS.totalBytes} bytes`,
  );
