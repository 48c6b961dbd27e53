import type { ErrorRow } from "./error-row.ts";

/** What can go wrong with profiles. */
export const PROFILE_ERRORS = {
  PROFILE_NOT_FOUND: {
    status: 404,
    title: "there is no such profile",
    fix: "List them with `browservm profile ls`; a session that writes makes a new one by its name.",
  },
  PROFILE_EXISTS: {
    status: 409,
    title: "there is a profile of that name already",
    fix: "Choose another name, or save into it from the session that writes it.",
  },
  PROFILE_IN_USE: {
    status: 409,
    title: "another session writes this profile",
    fix: "End the session that `details.sessionId` names, or load the profile with the mode `read`.",
  },
  PROFILE_NOT_HELD: {
    status: 409,
    title: "this session does not write a profile",
    fix: "Save it under a new name (`saveAs`), or start a session with the profile and the mode `write`.",
  },
  PROFILE_LIMIT: {
    status: 409,
    title: "as many profiles exist as may",
    fix: "Delete some with `browservm profile rm`, or raise `profiles.count`.",
  },
  PROFILE_TOO_LARGE: {
    status: 413,
    title: "the profile is too large to be kept",
    fix: "Clear site data in the session's browser, or raise `profiles.mib`; the version before is kept.",
  },
  PROFILE_DAMAGED: {
    status: 500,
    title: "a stored profile is not what was written",
    fix: "Its file or its row was altered, cut off or moved: restore both from a backup, or delete the profile.",
  },
  PROFILE_LOAD_FAILED: {
    status: 502,
    title: "the profile could not be put into the session",
    fix: "`details.cause` says why; start the session again, or without the profile.",
  },
  PROFILE_SAVE_FAILED: {
    status: 502,
    title: "the profile could not be saved",
    fix: "`details.cause` says why; the version that was saved before is kept.",
  },
} as const satisfies Record<string, ErrorRow>;
