import { z } from "zod";
import { ProjectName } from "../access.ts";
import { route } from "../define-route.ts";
import { Reason } from "../gate.ts";
import { ProfileId, SessionId } from "../ids.ts";

const Params = z.object({ id: ProfileId });
const SessionParams = z.object({ id: SessionId });

export const ProfileName = z
  .string()
  // What looks like an id is taken for one.
  .regex(/^(?!prf_)[a-z0-9][a-z0-9._-]{0,59}$/, "lower case letters, digits, '.', '_' and '-', not `prf_…`");

export const ProfileMode = z.enum(["read", "write"]);
export type ProfileMode = z.infer<typeof ProfileMode>;

/** What is told of a profile: never what is in it. */
export const Profile = z.object({
  id: ProfileId,
  name: z.string(),
  project: z.string(),
  /** How often it was saved; 0 = never, and it is loaded as an empty one. */
  version: z.int().nonnegative(),
  /** On this machine's disk: compressed and encrypted. */
  storedBytes: z.int().nonnegative(),
  /** In the browser. */
  bytes: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  savedAt: z.iso.datetime().nullable(),
  /** The session that it was saved from last. */
  savedFrom: SessionId.nullable(),
  /** When it was loaded last. */
  usedAt: z.iso.datetime().nullable(),
  /** The session that writes it: nobody else may until that has ended. */
  writer: z.object({ sessionId: SessionId, since: z.iso.datetime() }).nullable(),
  /** Why the last attempt to save it failed; null once one has succeeded. */
  failure: Reason.extend({ at: z.iso.datetime(), sessionId: SessionId.nullable() }).nullable(),
});
export type Profile = z.infer<typeof Profile>;

/** Which profile a session begins with, and whether its end saves it. */
export const WantedProfile = z.strictObject({
  /** Its name, or its id. With the mode `write` a name that is new makes a new profile. */
  name: z.union([ProfileId, ProfileName]),
  mode: ProfileMode.default("write"),
});
export type WantedProfile = z.infer<typeof WantedProfile>;

/**
 * A session's profile. `waiting`: for the VM; `loading`; `loaded`; `saving`; `failed`: the last load or save, with the
 * reason; `released`: the session is over, and what it was to save is saved.
 */
export const SessionProfile = z.object({
  id: ProfileId,
  name: z.string(),
  mode: ProfileMode,
  state: z.enum(["waiting", "loading", "loaded", "saving", "failed", "released"]),
  /** The version that was loaded, or saved last. */
  version: z.int().nonnegative(),
  reason: Reason.nullable(),
});
export type SessionProfile = z.infer<typeof SessionProfile>;

const SaveProfile = z.strictObject({
  /** The name of a new profile; left out: the profile that the session writes. */
  saveAs: ProfileName.optional(),
});

/** Named browser profiles, which are loaded into sessions and saved from them. */
export const profileRoutes = {
  listProfiles: route({
    method: "GET",
    path: "/v1/profiles",
    summary: "Profiles, by name",
    access: "profiles:read",
    query: z.object({
      project: ProjectName.optional(),
      cursor: ProfileId.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    reply: z.object({ data: z.array(Profile), nextCursor: ProfileId.nullable() }),
  }),
  getProfile: route({
    method: "GET",
    path: "/v1/profiles/:id",
    summary: "One profile",
    access: "profiles:read",
    params: Params,
    reply: Profile,
    errors: ["PROFILE_NOT_FOUND"],
  }),
  renameProfile: route({
    method: "PATCH",
    path: "/v1/profiles/:id",
    summary: "Give a profile another name",
    access: "profiles:write",
    params: Params,
    body: z.strictObject({ name: ProfileName }),
    reply: Profile,
    errors: ["PROFILE_NOT_FOUND", "PROFILE_EXISTS"],
  }),
  removeProfile: route({
    method: "DELETE",
    path: "/v1/profiles/:id",
    summary: "Delete a profile; sessions that have loaded it go on",
    access: "profiles:write",
    params: Params,
    reply: z.object({}),
    errors: ["PROFILE_NOT_FOUND", "PROFILE_IN_USE"],
  }),
  saveProfile: route({
    method: "POST",
    path: "/v1/sessions/:id/profile",
    summary:
      "Save the session's browser into its profile, or as a new one; the browser is closed and opened for it",
    access: "profiles:write",
    params: SessionParams,
    body: SaveProfile,
    reply: Profile,
    errors: [
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "PROFILE_NOT_HELD",
      "PROFILE_EXISTS",
      "PROFILE_LIMIT",
      "PROFILE_TOO_LARGE",
      "PROFILE_SAVE_FAILED",
      "DISK_FULL",
      "VAULT_LOCKED",
    ],
  }),
} as const;
