import type { Session } from "@browservm/contract";
import { shortId } from "./doctor-view.ts";
import { formatDuration } from "./format.ts";

/** How a session came to be, in the fewest words, and what else there is to say of it. */
export interface Beginning {
  readonly kind: "pool" | "snapshot" | "boot" | "fork";
  readonly words: string;
  /** The share of the time that was not spent waiting for VMM and guest, and how a VM of a pool was made. */
  readonly detail?: string;
}

/** Absent until it is decided. `claimMs` is what the event of its claim said, if it was heard. */
export function beginningOf(session: Session, claimMs?: number): Beginning | undefined {
  const { vm, pool, forkOf } = session;
  const made = vm === null ? undefined : madeBy(vm, startMs(session));
  if (pool !== null) {
    const took = claimMs === undefined ? "" : ` in ${formatDuration(claimMs)}`;
    const detail = made && `made ahead of demand: ${[made.words, made.detail].filter(Boolean).join(", ")}`;
    return { kind: "pool", words: `from pool ${pool}${took}`, ...(detail ? { detail } : {}) };
  }
  if (forkOf !== null) {
    const took = made?.took ?? "";
    const detail = made?.detail;
    return { kind: "fork", words: `forked from ${shortId(forkOf)}${took}`, ...(detail ? { detail } : {}) };
  }
  if (made === undefined) return undefined;
  const { kind, words, detail } = made;
  return { kind, words, ...(detail ? { detail } : {}) };
}

interface Made {
  readonly kind: "snapshot" | "boot" | "fork";
  readonly words: string;
  readonly took: string;
  readonly detail?: string;
}

const VERBS = { boot: "booted", snapshot: "restored from a snapshot", fork: "forked" } as const;

function madeBy({ origin, timing }: NonNullable<Session["vm"]>, ms: number | undefined): Made | undefined {
  if (origin === undefined) return undefined;
  const took = ms === undefined ? "" : ` in ${formatDuration(ms)}`;
  const own = timing && formatDuration(Math.max(0, timing.totalMs - timing.waitedMs));
  return {
    kind: origin,
    words: `${VERBS[origin]}${took}`,
    took,
    ...(own ? { detail: `hostd's own share ${own}` } : {}),
  };
}

/** What the start of its VM took; of a VM that was its own from the beginning it can be told without hostd's word. */
function startMs({ vm, pool, createdAt, readyAt }: Session): number | undefined {
  if (vm?.timing) return vm.timing.totalMs;
  if (pool !== null || readyAt === null) return undefined;
  return Date.parse(readyAt) - Date.parse(createdAt);
}
