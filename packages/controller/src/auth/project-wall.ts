import { BrowserVmError, type ConnectionId, type ErrorCode, type SessionId } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import type { Principal } from "./principal.ts";

interface Kind {
  readonly table: "session" | "connection" | "signin" | "profile";
  readonly notFound: ErrorCode;
}

/** What belongs to a project, by how its ids begin. */
const OF_PROJECT: Readonly<Record<string, Kind | undefined>> = {
  ses: { table: "session", notFound: "SESSION_NOT_FOUND" },
  con: { table: "connection", notFound: "CONNECTION_NOT_FOUND" },
  prf: { table: "profile", notFound: "PROFILE_NOT_FOUND" },
  sgn: { table: "signin", notFound: "SIGNIN_NOT_FOUND" },
};
/** Ids that their own routes judge: parts of a session, and keys. */
const JUDGED_ELSEWHERE = new Set(["lnk", "vwr", "key"]);
const ID = /^([a-z]+)_[a-z0-9]{20}$/;

/** Keeps who belongs to a project away from what belongs to others: for them, that is not there. */
export class ProjectWall {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Refuses ids of other projects as if they were unknown. Ids of a kind that is not listed here are refused too, so that
   * a new kind is thought about.
   */
  async mustReach(principal: Principal | undefined, ids: Iterable<unknown>): Promise<void> {
    const project = principal?.project ?? null;
    if (project === null) return;
    for (const id of ids) if (typeof id === "string") await this.#mustBelong(id, project);
  }

  /** A connection is used by sessions of its own project only, whoever asks. CONNECTION_NOT_FOUND. */
  async mustShare(sessionId: SessionId, connections: readonly ConnectionId[]): Promise<void> {
    const project = await this.#projectOf("session", sessionId);
    if (project === undefined) return; // told by who looks for the session itself
    for (const id of connections) await this.#mustBelong(id, project);
  }

  async #mustBelong(id: string, project: string): Promise<void> {
    const [, prefix] = ID.exec(id) ?? [];
    if (prefix === undefined || JUDGED_ELSEWHERE.has(prefix)) return;
    const kind = OF_PROJECT[prefix];
    if (!kind) throw new BrowserVmError("NOT_FOUND", `there is no ${id}`);
    if ((await this.#projectOf(kind.table, id)) === project) return;
    throw new BrowserVmError(kind.notFound, `there is no ${kind.table} ${id}`, { id });
  }

  async #projectOf(table: Kind["table"], id: string): Promise<string | undefined> {
    const row = await this.#store.selectFrom(table).select("project").where("id", "=", id).executeTakeFirst();
    return row?.project;
  }
}

/** The project that something new belongs to. FORBIDDEN when the caller belongs to another. */
export function projectFor(principal: Principal | undefined, asked: string | undefined): string | undefined {
  const own = principal?.project ?? null;
  if (own === null) return asked;
  if (asked === undefined || asked === own) return own;
  throw new BrowserVmError("FORBIDDEN", `these credentials are for the project ${own}`, { project: own });
}
