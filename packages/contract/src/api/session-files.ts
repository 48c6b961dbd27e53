import { z } from "zod";
import { route } from "../define-route.ts";
import { DOWNLOADS, FILE_LIMITS, homePathFault } from "../guest/home-path.ts";
import { SessionId } from "../ids.ts";

/** Names something below the home of the session's user, e.g. `Downloads/report.pdf`. */
export const FilePath = z.string().superRefine((path, context) => {
  const fault = homePathFault(path);
  if (fault) context.addIssue({ code: "custom", message: fault });
});

/** The same for a directory; empty is the home itself. */
export const DirectoryPath = z.union([z.literal(""), FilePath]);

/** What a write does where a file is: put the new one in its place, find a free name beside it, or nothing. */
export const IfExists = z.enum(["replace", "rename", "refuse"]);
export type IfExists = z.infer<typeof IfExists>;

export const FileEntry = z.object({
  name: z.string().max(FILE_LIMITS.nameBytes),
  kind: z.enum(["file", "directory", "link", "other"]),
  size: z.int().nonnegative(),
  modifiedAt: z.iso.datetime(),
});
export type FileEntry = z.infer<typeof FileEntry>;

export const FileListing = z.object({
  /** The newest first. */
  entries: z.array(FileEntry).max(FILE_LIMITS.entries),
  /** There are more, or some whose names are no text. */
  truncated: z.boolean(),
});
export type FileListing = z.infer<typeof FileListing>;

/** A file that was written; its path may be another than was asked for (`rename`). */
export const WrittenFile = z.object({ path: z.string(), size: z.int().nonnegative() });
export type WrittenFile = z.infer<typeof WrittenFile>;

const Bytes = z.instanceof(Uint8Array);
const Empty = z.object({});
const Params = z.object({ id: SessionId, "*": FilePath });
const ERRORS = ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "CONTROL_REFUSED", "FILE_REFUSED"] as const;

/**
 * Files into a session and out of it, below the home of the browser's user. Operators reach all of it; who came by a
 * link reaches `Downloads` while it has the control.
 */
export const sessionFileRoutes = {
  listFiles: route({
    method: "GET",
    path: "/v1/sessions/:id/files",
    summary: "What is in a directory of the session, the newest first",
    access: "sessions:view",
    params: z.object({ id: SessionId }),
    query: z.object({ path: DirectoryPath.default(DOWNLOADS) }),
    reply: FileListing,
    errors: [...ERRORS, "FILE_NOT_FOUND"],
  }),
  readFile: route({
    method: "GET",
    path: "/v1/sessions/:id/files/*",
    summary: "A file of the session, as an attachment",
    access: "sessions:view",
    params: Params,
    reply: Bytes,
    kind: "bytes",
    errors: [...ERRORS, "FILE_NOT_FOUND", "FILE_TOO_LARGE"],
  }),
  writeFile: route({
    method: "PUT",
    path: "/v1/sessions/:id/files/*",
    summary: "Put a file into the session; it appears whole or not at all",
    access: "sessions:view",
    params: Params,
    query: z.object({ ifExists: IfExists.default("replace") }),
    sends: "bytes",
    reply: WrittenFile,
    status: 201,
    errors: [...ERRORS, "FILE_EXISTS", "FILE_TOO_LARGE", "GUEST_DISK_FULL"],
  }),
  removeFile: route({
    method: "DELETE",
    path: "/v1/sessions/:id/files/*",
    summary: "Remove a file or an empty directory of the session",
    access: "sessions:view",
    params: Params,
    reply: Empty,
    errors: [...ERRORS, "FILE_NOT_FOUND"],
  }),
};
