import type { ErrorRow } from "./error-row.ts";

/** What can be wrong with what is to go through a session's clipboard, or must not. */
export const CLIPBOARD_ERRORS = {
  CLIPBOARD_CLOSED: {
    status: 403,
    title: "the session's clipboard is closed in this direction",
    fix: "Start a session whose `clipboard` allows it; the setting `clipboard` of the machine may forbid it for all.",
  },
  CLIPBOARD_TOO_LARGE: {
    status: 413,
    title: "this is too large for a clipboard",
    fix: "Send less than `details.limitBytes`, or send it as a file.",
  },
  CLIPBOARD_NOT_PNG: {
    status: 415,
    title: "only PNG images can be put on a session's clipboard",
    fix: "Convert the image to PNG, or send it as a file.",
  },
  CLIPBOARD_BUSY: {
    status: 409,
    title: "another image is on its way to this session's clipboard",
    fix: "Wait until it is there, then paste again.",
  },
  CLIPBOARD_TOO_SLOW: {
    // not 408, which browsers answer by sending it all once more (RFC 9110, 15.5.9)
    status: 400,
    title: "the image for the session's clipboard did not come in time",
    fix: "Paste a smaller image, or come by a faster network; a file may take as long as it takes (`browservm cp`).",
  },
  DISPLAY_UNREADABLE: {
    status: 502,
    title: "the session's display cannot be read, as it must be while its clipboard is closed",
    fix: "Start another session; the controller's log says at `brokenBy` what was wrong. With an open `clipboard` nothing is read.",
  },
} as const satisfies Record<string, ErrorRow>;
