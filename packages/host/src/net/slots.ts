import { randomInt } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { BrowserVmError, EgressPolicy, isBrowserVmError, type VmAddress, VmId } from "@browservm/contract";
import { z } from "zod";
import { type Migration, transaction } from "../store/database.ts";
import type { AddressPlan } from "./address-plan.ts";
import type { SlotEgress } from "./egress/egress-elements.ts";

/** A Linux bridge has 1023 ports (BR_PORT_BITS, net/bridge/br_private.h); the canary and a reserve stay free. */
export const MAX_PORTS = 1000;

/** A mark of connections is an unsigned 32-bit number; 0 is what flows have that no policy let out. */
const MOST_MARK = 2 ** 31;

export const slotMigrations: readonly Migration[] = [
  {
    name: "001-slot",
    sql: `CREATE TABLE slot (
            slot INTEGER PRIMARY KEY,
            ip TEXT NOT NULL,
            vm_id TEXT UNIQUE,
            released_at_ms INTEGER,
            CHECK ((vm_id IS NULL) <> (released_at_ms IS NULL))
          ) STRICT`,
  },
  { name: "002-slot-fence", sql: "ALTER TABLE slot ADD COLUMN fenced INTEGER NOT NULL DEFAULT 0" },
  {
    name: "003-slot-egress",
    sql: `ALTER TABLE slot ADD COLUMN egress_json TEXT;
          ALTER TABLE slot ADD COLUMN egress_mark INTEGER`,
  },
];

const SlotRow = z.object({
  slot: z.int().nonnegative(),
  ip: z.ipv4(),
  vm_id: VmId.nullable(),
  released_at_ms: z.int().nullable(),
  fenced: z.int(),
  egress_json: z.string().nullable(),
  egress_mark: z.int().nullable(),
});
type SlotRow = z.infer<typeof SlotRow>;

/** A reservation. `fenced`: its VM has no identity of its own yet, so its TAP stays off the bridge. */
export interface HeldSlot {
  readonly vmId: VmId;
  readonly address: VmAddress;
  readonly fenced: boolean;
  /** Where it may go; absent: as the network is set. */
  readonly egress?: SlotEgress;
}

export interface SlotOptions {
  readonly db: DatabaseSync;
  readonly plan: AddressPlan;
  readonly restSeconds: number;
  /** Milliseconds since the epoch; tests bring their own. */
  readonly now?: () => number;
}

/**
 * The durable reservations: which VM holds which slot, and which slots rest. Every change is one transaction; a
 * database that cannot be used is STATE_DAMAGED, for a guessed address could belong to a running VM.
 */
export class SlotStore {
  readonly #db: DatabaseSync;
  readonly #plan: AddressPlan;
  readonly #restMs: number;
  readonly #now: () => number;
  /** Parsed policies by their text: they are asked for all the time, and compiled once. */
  readonly #policies = new Map<string, EgressPolicy>();

  constructor({ db, plan, restSeconds, now = Date.now }: SlotOptions) {
    this.#db = db;
    this.#plan = plan;
    this.#restMs = restSeconds * 1000;
    this.#now = now;
    this.#forgetOtherRange();
  }

  /** The same VM gets the same answer. SLOTS_EXHAUSTED, TOO_MANY_PORTS, STATE_DAMAGED. */
  reserve(vmId: VmId): VmAddress {
    return this.#durably(() => {
      const rows = this.#rows();
      const known = rows.find((row) => row.vm_id === vmId);
      if (known) return this.#plan.addressOf(known.slot);
      const address = this.#plan.addressOf(this.#choose(rows));
      this.#db
        .prepare(
          `INSERT INTO slot (slot, ip, vm_id) VALUES (?, ?, ?)
           ON CONFLICT (slot) DO UPDATE SET ip = excluded.ip, vm_id = excluded.vm_id, released_at_ms = NULL,
             fenced = 0, egress_json = NULL, egress_mark = NULL`,
        )
        .run(address.slot, address.ip, vmId);
      return address;
    });
  }

  /** The address starts to rest. False when this VM held none. */
  release(vmId: VmId): boolean {
    return this.#durably(() => {
      const { changes } = this.#db
        .prepare(
          `UPDATE slot SET vm_id = NULL, released_at_ms = ?, egress_json = NULL, egress_mark = NULL
           WHERE vm_id = ?`,
        )
        .run(this.#now(), vmId);
      return Number(changes) > 0;
    });
  }

  /** Sets or lifts the fence of this VM's slot; it survives our death. */
  setFenced(vmId: VmId, fenced: boolean): void {
    this.#durably(() =>
      this.#db.prepare("UPDATE slot SET fenced = ? WHERE vm_id = ?").run(fenced ? 1 : 0, vmId),
    );
  }

  /** Sets, replaces or (without a policy) ends where this VM may go; its flows so far lose what they were let out by. */
  setEgress(vmId: VmId, policy: EgressPolicy | undefined): void {
    const mark = policy ? randomInt(1, MOST_MARK) : null;
    this.#durably(() =>
      this.#db
        .prepare("UPDATE slot SET egress_json = ?, egress_mark = ? WHERE vm_id = ?")
        .run(policy ? JSON.stringify(policy) : null, mark, vmId),
    );
  }

  heldBy(vmId: VmId): HeldSlot | undefined {
    return this.held().find((held) => held.vmId === vmId);
  }

  addressOf(vmId: VmId): VmAddress | undefined {
    return this.heldBy(vmId)?.address;
  }

  /** Every reservation. */
  held(): readonly HeldSlot[] {
    return this.#durably(() => this.#rows().flatMap((row) => this.#toHeld(row)));
  }

  #toHeld({ slot, vm_id: vmId, fenced, egress_json, egress_mark }: SlotRow): HeldSlot[] {
    if (vmId === null) return [];
    const held = { vmId, address: this.#plan.addressOf(slot), fenced: fenced === 1 };
    if (egress_json === null || egress_mark === null) return [held];
    return [{ ...held, egress: { policy: this.#policy(egress_json), mark: egress_mark } }];
  }

  #policy(text: string): EgressPolicy {
    const known = this.#policies.get(text);
    if (known) return known;
    const policy = EgressPolicy.parse(JSON.parse(text));
    if (this.#policies.size >= MAX_PORTS) this.#policies.clear();
    this.#policies.set(text, policy);
    return policy;
  }

  counts(): { total: number; used: number; resting: number } {
    const rows = this.#durably(() => this.#rows());
    return {
      total: this.#plan.slotCount,
      used: rows.filter(isHeld).length,
      resting: this.#resting(rows).length,
    };
  }

  /** Never used before rested, longest rested first, so that an address is used again as late as possible. */
  #choose(rows: readonly SlotRow[]): number {
    const used = rows.filter(isHeld).length;
    if (used >= MAX_PORTS)
      throw new BrowserVmError("TOO_MANY_PORTS", `${used} VMs hold a port of the bridge`, {
        used,
        limit: MAX_PORTS,
      });
    const known = new Set(rows.map(({ slot }) => slot));
    for (let slot = 0; slot < this.#plan.slotCount; slot++) if (!known.has(slot)) return slot;
    const resting = this.#resting(rows);
    const [rested] = rows
      .filter((row) => row.vm_id === null && !resting.includes(row))
      .toSorted((a, b) => releasedAt(a) - releasedAt(b));
    if (rested) return rested.slot;
    throw this.#exhausted(used, resting);
  }

  #exhausted(used: number, resting: readonly SlotRow[]): BrowserVmError {
    const first = Math.min(...resting.map((row) => this.#restsUntil(row)));
    const total = this.#plan.slotCount;
    return new BrowserVmError("SLOTS_EXHAUSTED", `all ${total} addresses are in use or rest`, {
      total,
      used,
      resting: resting.length,
      ...(resting.length > 0 ? { restingUntil: new Date(first).toISOString() } : {}),
    });
  }

  #resting(rows: readonly SlotRow[]): SlotRow[] {
    const now = this.#now();
    return rows.filter((row) => row.vm_id === null && this.#restsUntil(row) > now);
  }

  /** A clock that was set back must not let an address rest for longer than the setting says. */
  #restsUntil(row: SlotRow): number {
    return Math.min(releasedAt(row), this.#now()) + this.#restMs;
  }

  /** Rows of an earlier `network.cidr`: forgotten when free, BAD_CONFIG when a VM holds one. */
  #forgetOtherRange(): void {
    this.#durably(() => {
      const foreign = this.#rows().filter((row) => !this.#isOfPlan(row));
      const held = foreign.find(isHeld);
      if (held)
        throw new BrowserVmError(
          "BAD_CONFIG",
          `network.cidr was changed while VM ${held.vm_id} holds ${held.ip}; end its session first`,
          { vmId: held.vm_id, ip: held.ip },
        );
      const forget = this.#db.prepare("DELETE FROM slot WHERE slot = ?");
      for (const { slot } of foreign) forget.run(slot);
    });
  }

  #isOfPlan({ slot, ip }: SlotRow): boolean {
    return slot < this.#plan.slotCount && this.#plan.addressOf(slot).ip === ip;
  }

  #rows(): SlotRow[] {
    const parse = (row: Record<string, SQLOutputValue>) => SlotRow.parse(row);
    return this.#db
      .prepare(
        "SELECT slot, ip, vm_id, released_at_ms, fenced, egress_json, egress_mark FROM slot ORDER BY slot",
      )
      .all()
      .map(parse);
  }

  #durably<T>(work: () => T): T {
    try {
      return transaction(this.#db, work);
    } catch (error) {
      if (isBrowserVmError(error)) throw error;
      const words = error instanceof Error ? error.message : String(error);
      throw new BrowserVmError("STATE_DAMAGED", `the table of addresses: ${words}`, {}, { cause: error });
    }
  }
}

const isHeld = (row: SlotRow): boolean => row.vm_id !== null;
const releasedAt = (row: SlotRow): number => row.released_at_ms ?? 0;
