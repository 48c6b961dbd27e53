import {
  type BrowserVmError,
  type GateReport,
  type HostPicture,
  type Pool,
  type Session,
  type SessionId,
  type SessionPage,
  type Snapshot,
  toBrowserVmError,
  type Viewer,
} from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";
import { Newcomers } from "./newcomers.ts";
import { type PacketRates, RateMeter } from "./packet-rates.ts";
import { type News, SessionNews } from "./session-news.ts";
import { isMoving } from "./session-phase.ts";
import { dueWarning } from "./timeouts.ts";

const IDLE_MS = 15_000;
const BUSY_MS = 3000;
const RESTING_MS = 5000;

/** All sessions, newest first. */
export const sessionListSource = (): LiveSource<SessionPage> => ({
  load: (signal) => client.sessions.list({ limit: 100 }, { signal }),
  events: (signal) => client.events({ signal }),
  pollMs: (page) => (page?.data.some(isMoving) ? BUSY_MS : IDLE_MS),
});

export interface SessionLook extends News {
  readonly session: Session;
  readonly gate: GateReport | null;
  /** Who looks at its display; null while that is not known. */
  readonly viewers: readonly Viewer[] | null;
  /** Why it is not known. */
  readonly viewersError: BrowserVmError | null;
}

/** One session with the proof of its network, and what only events tell of it. */
export function sessionSource(id: SessionId): LiveSource<SessionLook> {
  const news = new SessionNews();
  return {
    load: async (signal) => {
      const [session, { gate }] = await Promise.all([
        client.sessions.get(id, { signal }),
        client.sessions.network(id, { signal }),
      ]);
      return { session, gate, ...news.get(), ...(await whoLooks(session, signal)) };
    },
    events: async function* (signal) {
      for await (const event of client.sessions.events(id, { signal, after: 0 })) {
        news.read(event);
        yield event;
      }
    },
    pollMs: (look) => {
      if (look === null || isMoving(look.session) || isWarned(look)) return BUSY_MS;
      // somebody else may resume it, and without a display nothing else tells us
      return look.session.status === "paused" ? RESTING_MS : IDLE_MS;
    },
  };
}

/** Only a session that is ready can be looked at. A page that cannot tell who looks still shows the session. */
async function whoLooks(
  { id, status }: Session,
  signal: AbortSignal,
): Promise<Pick<SessionLook, "viewers" | "viewersError">> {
  if (status !== "ready") return { viewers: [], viewersError: null };
  return client.sessions.listViewers(id, { signal }).then(
    ({ viewers }) => ({ viewers, viewersError: null }),
    (error: unknown) => ({ viewers: null, viewersError: toBrowserVmError(error) }),
  );
}

/** What is done in a session pushes a time-out on without an event. */
const isWarned = ({ session, warnings }: SessionLook) =>
  dueWarning(warnings, session, Date.now()) !== undefined;

export interface HostLook {
  readonly picture: HostPicture;
  readonly rates: PacketRates;
  /** Packets a second at the bridge, oldest first. */
  readonly history: readonly number[];
  /** Ports that were plugged in a moment ago. */
  readonly fresh: ReadonlySet<string>;
}

const PICTURE_MS = 2000;
const PICTURE_EVENTS: ReadonlySet<string> = new Set(["network.repair", "vm.health", "vm.state"]);

/** The bridge and its ports, with the rates since the look before. */
export function hostPictureSource(): LiveSource<HostLook> {
  const meter = new RateMeter();
  const newcomers = new Newcomers();
  return {
    load: async (signal) => {
      const picture = await client.hostNetwork({ signal });
      const names = picture.ports.map(({ name }) => name);
      const fresh = newcomers.observe(names, Date.parse(picture.at));
      return { picture, rates: meter.observe(picture), history: meter.history, fresh };
    },
    events: async function* (signal) {
      for await (const event of client.events({ signal })) if (PICTURE_EVENTS.has(event.type)) yield event;
    },
    pollMs: () => PICTURE_MS,
  };
}

/** What is kept ready on this machine. */
export interface StockLook {
  readonly pools: readonly Pool[];
  readonly snapshots: readonly Snapshot[];
  /** Why the snapshots are not told: hostd keeps them, the controller keeps the pools. */
  readonly snapshotsError: BrowserVmError | null;
}

const STOCK_EVENTS: ReadonlySet<string> = new Set(["pool.state", "snapshot.state", "vm.state"]);

/** Pools and golden snapshots. */
export const stockSource = (): LiveSource<StockLook> => ({
  load: async (signal) => {
    const [pools, told] = await Promise.all([
      client.pools.list({ signal }),
      client.snapshots.list({ signal }).then(
        (snapshots) => ({ snapshots, snapshotsError: null }),
        (error: unknown) => ({ snapshots: [], snapshotsError: toBrowserVmError(error) }),
      ),
    ]);
    return { pools, ...told };
  },
  events: async function* (signal) {
    for await (const event of client.events({ signal })) if (STOCK_EVENTS.has(event.type)) yield event;
  },
  pollMs: (look) =>
    look?.snapshots.some(({ state }) => state === "building") ||
    look?.pools.some(({ filling }) => filling > 0)
      ? BUSY_MS
      : IDLE_MS,
});
