import type { ErrorRow } from "./error-row.ts";

/** What can go wrong with frozen VMs: golden snapshots, pause, fork, and VMs that are made ahead of demand. */
export const SNAPSHOT_ERRORS = {
  SNAPSHOT_NOT_FOUND: {
    status: 404,
    title: "there is no such snapshot",
    fix: "List them with `browservm snapshot ls`.",
  },
  SNAPSHOT_IN_USE: {
    status: 409,
    title: "VMs run from this snapshot",
    fix: "End the sessions that use it, then remove it.",
  },
  SNAPSHOT_UNSUPPORTED: {
    status: 409,
    title: "VMs cannot be frozen here",
    fix: "`details.why` says what is missing; sessions boot instead.",
  },
  SNAPSHOT_DAMAGED: {
    status: 500,
    title: "a frozen VM is damaged: a file is missing, cut or altered",
    fix: "A golden snapshot is made anew by itself. A paused session cannot be resumed: end it.",
  },
  SNAPSHOT_MISMATCH: {
    status: 409,
    title: "a frozen VM belongs to another VMM or processor",
    fix: "`details` names both. Bring the old VMM back to resume a paused session, or end it.",
  },
  SNAPSHOT_FAILED: {
    status: 500,
    title: "the golden snapshot could not be made",
    fix: "The message says at which step; sessions boot until it succeeds.",
  },
  IDENTITY_NOT_TAKEN: {
    status: 500,
    title: "a restored VM did not take its own identity",
    fix: "It was ended before it could send a frame. See `browservm logs --source agent`.",
  },
  VM_PAUSED: { status: 409, title: "the VM is paused", fix: "Resume it first: `browservm resume`." },
  VM_NOT_PAUSED: { status: 409, title: "the VM is not paused", fix: "Only a paused VM can be resumed." },
  VM_CLAIMED: { status: 409, title: "this VM belongs to somebody already", fix: "Claim another one." },
  VM_UNFIT: {
    status: 409,
    title: "this VM is not fit to be handed out",
    fix: "It is replaced by itself; claim another one.",
  },
  POOL_NOT_FOUND: { status: 404, title: "there is no such pool", fix: "List them with `browservm pool ls`." },
  POOL_TOO_LARGE: {
    status: 422,
    title: "the pool is larger than this machine's memory or addresses",
    fix: "Ask for at most what `details.most` says, or give its VMs less memory.",
  },
  POOL_CONFIGURED: {
    status: 409,
    title: "this pool is set in the configuration",
    fix: "Change it there (`pools`), and restart the controller.",
  },
} as const satisfies Record<string, ErrorRow>;
