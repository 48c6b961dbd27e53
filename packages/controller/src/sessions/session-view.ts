import { type ClipboardPolicy, clipboardOf, DEFAULT_DISPLAY, type Session } from "@browservm/contract";
import type { SessionRecord, VmLook } from "./session-record.ts";
import { expiryOf, timeoutsOf } from "./timeouts/deadlines.ts";

export function displayOf({ viewport }: SessionRecord["request"]): Session["viewport"] {
  if (!viewport) return DEFAULT_DISPLAY;
  const [width, height] = viewport;
  return { width, height };
}

/** A session as the API shows it. `baseUrl` is the address that its reader uses, `clipboard` what the machine allows. */
export function toSession(record: SessionRecord, baseUrl: string, clipboard: ClipboardPolicy): Session {
  const { request } = record;
  return {
    id: record.id,
    project: record.project,
    status: record.status,
    image: request.image,
    url: request.url ?? null,
    labels: request.labels ?? {},
    viewport: displayOf(request),
    clipboard: clipboardOf(request.clipboard, clipboard),
    createdAt: record.createdAt,
    readyAt: record.readyAt,
    endedAt: record.endedAt,
    expiresAt: expiryOf(record),
    timeouts: timeoutsOf(record),
    pool: record.isClaimed ? record.pool : null,
    forkOf: record.forkOf,
    profile: record.profile,
    liveViewUrl: `${baseUrl}/sessions/${record.id}`,
    reason: record.reason,
    vm: record.vm && toSessionVm(record.vm),
  };
}

function toSessionVm(look: VmLook): Session["vm"] {
  const { id, state, accelerator, isolation, hasBrowser, address, steps, gate, health } = look;
  const { origin, snapshotId, identity, timing, paused } = look;
  return {
    id,
    state,
    accelerator,
    isolation,
    hasBrowser,
    steps,
    ...(address ? { address } : {}),
    ...(origin ? { origin } : {}),
    ...(snapshotId ? { snapshotId } : {}),
    ...(identity ? { identity } : {}),
    ...(timing ? { timing } : {}),
    ...(paused ? { paused } : {}),
    ...(gate ? { gate } : {}),
    ...(health ? { health } : {}),
  };
}
