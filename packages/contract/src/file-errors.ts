import type { ErrorRow } from "./error-row.ts";

/** What can go wrong with files that go into a session or come out of it. */
export const FILE_ERRORS = {
  FILE_NOT_FOUND: {
    status: 404,
    title: "there is no such file in the session",
    fix: "`browservm files ls SESSION` lists what is there.",
  },
  FILE_REFUSED: {
    status: 403,
    title: "this may not be done with that file",
    fix: "Only plain files and directories of the browser's user are reached, and never through a link.",
  },
  FILE_EXISTS: {
    status: 409,
    title: "there is a file of that name already",
    fix: "Choose another name, or say `ifExists=rename` or `ifExists=replace`.",
  },
  FILE_TOO_LARGE: {
    status: 413,
    title: "the file is too large",
    fix: "Send less than `details.limitBytes`, or raise `limits.fileMib`.",
  },
  GUEST_DISK_FULL: {
    status: 507,
    title: "the session's disk is full",
    fix: "Remove files in the session; only this one session has that disk.",
  },
} as const satisfies Record<string, ErrorRow>;
