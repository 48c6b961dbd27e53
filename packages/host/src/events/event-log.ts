import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Event } from "@browservm/contract";
import type { Migration } from "../store/database.ts";

export const eventMigrations: readonly Migration[] = [
  {
    name: "010-events",
    sql: `CREATE TABLE event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      subject TEXT NOT NULL,
      type TEXT NOT NULL,
      data TEXT NOT NULL
    ) STRICT`,
  },
];

type Listener = (event: Event) => void;

/** What happened to the VMs of this machine, in order and durable; listeners hear each event once it is stored. */
export class EventLog {
  readonly #db: DatabaseSync;
  readonly #listeners = new Set<Listener>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  append(subject: string, type: string, data: Record<string, unknown>): Event {
    const at = new Date().toISOString();
    const row = this.#db
      .prepare("INSERT INTO event (at, subject, type, data) VALUES (?, ?, ?, ?) RETURNING seq")
      .get(at, subject, type, JSON.stringify(data));
    const event: Event = { seq: Number(row?.seq), at, subject, type, data };
    for (const listener of this.#listeners) listener(event);
    return event;
  }

  /** At most `limit` events after `seq`, oldest first. */
  after(seq: number, limit = 500): Event[] {
    return this.#db
      .prepare("SELECT seq, at, subject, type, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?")
      .all(seq, limit)
      .map(toEvent);
  }

  /** The last `limit` events about one subject, oldest first. */
  about(subject: string, limit: number): Event[] {
    return this.#db
      .prepare("SELECT seq, at, subject, type, data FROM event WHERE subject = ? ORDER BY seq DESC LIMIT ?")
      .all(subject, limit)
      .map(toEvent)
      .reverse();
  }

  latest(): number {
    return Number(this.#db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM event").get()?.seq ?? 0);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets events older than `days`. */
  prune(days: number): void {
    const before = new Date(Date.now() - days * 86_400_000).toISOString();
    this.#db.prepare("DELETE FROM event WHERE at < ?").run(before);
  }
}

const toEvent = (row: Record<string, SQLOutputValue>): Event => ({
  seq: Number(row.seq),
  at: String(row.at),
  subject: String(row.subject),
  type: String(row.type),
  data: JSON.parse(String(row.data)) as Record<string, unknown>,
});
