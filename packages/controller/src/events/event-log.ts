import type { Event } from "@browservm/contract";
import { z } from "zod";
import type { Store } from "../store/store.ts";

const Data = z.record(z.string(), z.unknown());

export interface NewEvent {
  readonly subject: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  /** When it happened, if not now. */
  readonly at?: string;
}

export interface AfterQuery {
  readonly subject?: string | undefined;
  /** Leaves out what is about this. */
  readonly without?: string | undefined;
  /** Only what is about sessions and sign-ins of this project. */
  readonly project?: string | undefined;
  readonly limit?: number;
}

type Listener = (event: Event) => void;
const BATCH = 200;

/** What happened to sessions, in order and durable. Written inside the transaction that makes it true. */
export class EventLog {
  readonly #store: Store;
  readonly #listeners = new Set<Listener>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Writes events with what `work` changes: all of it or nothing; then listeners hear them. */
  async record<T>(work: (trx: Store, append: (event: NewEvent) => Promise<void>) => Promise<T>): Promise<T> {
    const written: Event[] = [];
    const result = await this.#store.transaction().execute((trx) =>
      work(trx, async (event) => {
        written.push(await insert(trx, event));
      }),
    );
    for (const event of written) for (const listener of this.#listeners) listener(event);
    return result;
  }

  /** Events after `seq`, oldest first, of one subject or of all. */
  async after(seq: number, { subject, without, project, limit = BATCH }: AfterQuery = {}): Promise<Event[]> {
    let query = this.#store.selectFrom("event").selectAll().where("seq", ">", seq);
    if (subject !== undefined) query = query.where("subject", "=", subject);
    if (without !== undefined) query = query.where("subject", "!=", without);
    if (project !== undefined) {
      const sessions = this.#store.selectFrom("session").select("id").where("project", "=", project);
      const signins = this.#store.selectFrom("signin").select("id").where("project", "=", project);
      query = query.where("subject", "in", sessions.unionAll(signins));
    }
    const rows = await query.orderBy("seq").limit(limit).execute();
    return rows.map(({ data_json, ...row }) => ({ ...row, data: Data.parse(JSON.parse(data_json)) }));
  }

  async latest(): Promise<number> {
    const row = await this.#store
      .selectFrom("event")
      .select(({ fn }) => fn.max("seq").as("seq"))
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }

  /** Hears each event once it is stored; answers how to stop. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async forgetBefore(at: string): Promise<void> {
    await this.#store.deleteFrom("event").where("at", "<", at).execute();
  }
}

async function insert(
  trx: Store,
  { subject, type, data, at = new Date().toISOString() }: NewEvent,
): Promise<Event> {
  const row = await trx
    .insertInto("event")
    .values({ at, subject, type, data_json: JSON.stringify(data) })
    .returning("seq")
    .executeTakeFirstOrThrow();
  return { seq: row.seq, at, subject, type, data };
}
