import type { DatabaseSync } from "node:sqlite";
import {
  GateReport,
  LaunchStep,
  PausedVm,
  Reason,
  StartTiming,
  TakenIdentity,
  VmHealth,
  VmId,
  VmOrigin,
  VmSpec,
  VmState,
} from "@browservm/contract";
import { z } from "zod";
import type { Migration } from "../store/database.ts";
import { ACCELERATORS } from "../vmm/vmm.ts";

export const vmMigrations: readonly Migration[] = [
  {
    name: "020-vms",
    sql: `CREATE TABLE vm (
      id TEXT PRIMARY KEY,
      created_at TEXT NOT NULL,
      state TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT`,
  },
];

const VmmRecord = z.object({
  driver: z.string(),
  identity: z.object({ pid: z.int(), startTicks: z.string(), bootId: z.string() }),
  runDir: z.string(),
});

/** What hostd remembers of a VM over its own restarts. Nonce and token are not in it: they live in memory only. */
export const VmRecord = z.object({
  id: VmId,
  spec: VmSpec,
  state: VmState,
  imageId: z.string(),
  hasBrowser: z.boolean(),
  driver: z.string(),
  accelerator: z.enum(ACCELERATORS),
  /** Inode of the network namespace that the VMM was started in. */
  netns: z.string(),
  vmm: VmmRecord.optional(),
  bootId: z.string().optional(),
  createdAt: z.iso.datetime(),
  readyAt: z.iso.datetime().optional(),
  /** How it came to run; records of before there were snapshots say nothing. */
  origin: VmOrigin.optional(),
  snapshotId: z.string().optional(),
  /** What taking an identity of its own consisted of, for a VM that was restored. */
  identity: TakenIdentity.optional(),
  timing: StartTiming.optional(),
  reason: Reason.optional(),
  steps: z.array(LaunchStep),
  gate: GateReport.optional(),
  health: VmHealth.optional(),
  /** The VM that it was forked from. */
  forkOf: VmId.optional(),
  /** When R9, the second look, was passed. */
  provenAt: z.iso.datetime().optional(),
  /** Who took it, when it was made ahead of demand. */
  claim: z.object({ by: z.string(), at: z.iso.datetime() }).optional(),
  /** Session settings that its guest was not given yet; what a browser needs of records that do not say so is a new one. */
  settings: z.object({ display: z.boolean(), freshBrowser: z.boolean().default(true) }).optional(),
  /** What it keeps on disk, from the moment when that counts until it is ready again. */
  paused: PausedVm.optional(),
});
export type VmRecord = z.infer<typeof VmRecord>;

/** VM records in hostd's database. */
export class VmStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  save(record: VmRecord): void {
    this.#db
      .prepare(
        `INSERT INTO vm (id, created_at, state, body) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`,
      )
      .run(record.id, record.createdAt, record.state, JSON.stringify(record));
  }

  find(id: VmId): VmRecord | undefined {
    const row = this.#db.prepare("SELECT body FROM vm WHERE id = ?").get(id);
    return row && VmRecord.parse(JSON.parse(String(row.body)));
  }

  list(): VmRecord[] {
    return this.#db
      .prepare("SELECT body FROM vm ORDER BY created_at DESC")
      .all()
      .map((row) => VmRecord.parse(JSON.parse(String(row.body))));
  }

  remove(id: VmId): void {
    this.#db.prepare("DELETE FROM vm WHERE id = ?").run(id);
  }
}
