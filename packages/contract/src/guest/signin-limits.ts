/**
 * What a sign-in needs inside a guest. A *job* (a listener for the callback, or a tool that signs in) is a process of the
 * browser's user with all that it starts; it ends when it is done, stopped, out of time, not asked about for `ownerMs`,
 * or with the host's epoch, and takes its whole process tree with it. What it says is asked for by `signin.frames`.
 */
export const SIGNIN_LIMITS = {
  jobs: 4,
  /** A job that nobody asks about ends: its owner is gone. */
  ownerMs: 120_000,
  waitMs: 20_000,
  /** Of one job; what a person needs to sign in. */
  timeoutMs: 3_600_000,
  frames: 256,
  urlChars: 4096,
  parameters: 32,
  parameterChars: 8192,
  prompts: 16,
  files: 16,
  fileBytes: 262_144,
  filesBytes: 524_288,
} as const;

/** Why a job ended without what it was for, or files were not captured; rows of the error table. */
export const SIGNIN_FAULTS = [
  "SIGNIN_PORT_TAKEN",
  "SIGNIN_TOOL_MISSING",
  "SIGNIN_TOOL_INSTALL_FAILED",
  "SIGNIN_TOOL_ENDED",
  "SIGNIN_TOOL_FLOODS",
  "SIGNIN_FILES_MISSING",
  "SIGNIN_FILE_MALFORMED",
  "SIGNIN_FILE_UNSTABLE",
  "SIGNIN_JOB_TIMED_OUT",
  "SIGNIN_JOB_BROKEN",
  "FILE_NOT_FOUND",
  "FILE_REFUSED",
  "FILE_TOO_LARGE",
] as const;
export type SigninFault = (typeof SIGNIN_FAULTS)[number];
