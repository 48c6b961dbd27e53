import type { ErrorRow } from "./error-row.ts";

/** What can go wrong with the parts of a sign-in that run in the guest. */
export const SIGNIN_TOOL_ERRORS = {
  SIGNIN_PORT_TAKEN: {
    status: 409,
    title: "the port for the sign-in's callback is taken in the guest",
    fix: "End what listens there in the session, or let the sign-in choose its port.",
  },
  SIGNIN_TOOL_MISSING: {
    status: 422,
    title: "the tool that signs in is not in the guest",
    fix: "Give the recipe an install step, or build an image that has the tool.",
  },
  SIGNIN_TOOL_INSTALL_FAILED: {
    status: 502,
    title: "the tool that signs in could not be installed",
    fix: "Run the install command in a session to see what it says; it may need the internet.",
  },
  SIGNIN_TOOL_ENDED: {
    status: 502,
    title: "the tool ended before it had signed in",
    fix: "Run the tool in a session to see what it says; its version may ask something that the recipe does not know.",
  },
  SIGNIN_TOOL_FLOODS: {
    status: 502,
    title: "the tool writes without an end",
    fix: "Run the tool in a session to see what it says.",
  },
  SIGNIN_FILES_MISSING: {
    status: 502,
    title: "the tool ended without having written its credential files",
    fix: "Compare the recipe's files with those that the tool writes; the message names the first that is missing.",
  },
  SIGNIN_FILE_MALFORMED: {
    status: 502,
    title: "a credential file is not what it should be",
    fix: "The message names the file; the tool may have been stopped while it wrote, so sign in again.",
  },
  SIGNIN_FILE_UNSTABLE: {
    status: 409,
    title: "a credential file keeps changing",
    fix: "Wait until the tool has finished, then try again.",
  },
  SIGNIN_JOB_TIMED_OUT: {
    status: 504,
    title: "nobody signed in in time",
    fix: "Sign in again, or give the sign-in more time.",
  },
  SIGNIN_JOB_BROKEN: {
    status: 502,
    title: "the sign-in's process in the guest ended by itself",
    fix: "Sign in again; something in the session ended it.",
  },
} as const satisfies Record<string, ErrorRow>;
