import {
  type Event,
  type GateReport,
  type HostPicture,
  Repair,
  type Session,
  type SessionId,
  type SessionPage,
} from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";
import { Newcomers } from "./newcomers.ts";
import { type PacketRates, RateMeter } from "./packet-rates.ts";

const IDLE_MS = 15_000;
const BUSY_MS = 3000;
const isMoving = ({ status }: Session) => status === "pending" || status === "ending";

/** All sessions, newest first. */
export const sessionListSource = (): LiveSource<SessionPage> => ({
  load: (signal) => client.sessions.list({ limit: 100 }, { signal }),
  events: (signal) => client.events({ signal }),
  pollMs: (page) => (page?.data.some(isMoving) ? BUSY_MS : IDLE_MS),
});

export interface SessionLook {
  readonly session: Session;
  readonly gate: GateReport | null;
  /** What was healed for its VM, newest first. */
  readonly repairs: readonly Repair[];
}

/** One session with the proof of its network. Repairs are told by events only, so they are kept from there. */
export function sessionSource(id: SessionId): LiveSource<SessionLook> {
  const repairs = new Map<number, Repair>();
  return {
    load: async (signal) => {
      const [session, { gate }] = await Promise.all([
        client.sessions.get(id, { signal }),
        client.sessions.network(id, { signal }),
      ]);
      const newestFirst = [...repairs].toSorted(([a], [b]) => b - a).map(([, repair]) => repair);
      return { session, gate, repairs: newestFirst };
    },
    events: async function* (signal) {
      for await (const event of client.sessions.events(id, { signal, after: 0 })) {
        const repair = repairOf(event);
        if (repair) repairs.set(event.seq, repair);
        yield event;
      }
    },
    pollMs: (look) => (look === null || isMoving(look.session) ? BUSY_MS : IDLE_MS),
  };
}

function repairOf({ type, data }: Event): Repair | undefined {
  return type === "network.repair" ? Repair.safeParse(data).data : undefined;
}

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
