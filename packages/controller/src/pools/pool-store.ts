import type { CreateSession, EgressPolicy, HostInfo, PoolSpec, Reason, Vm } from "@browservm/contract";
import { VmId } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import { type PoolRecord, type PoolVm, type PoolVmState, toPoolRecord, toPoolVm } from "./pool-record.ts";

export type ImageDefaults = NonNullable<HostInfo["images"][number]["defaults"]>;

/** How many times are kept of each kind. */
const KEPT_TIMES = 100;

/** Pools and their VMs in the database. Each method takes the store or a transaction on it. */
export const poolStore = {
  async list(db: Store): Promise<PoolRecord[]> {
    return (await db.selectFrom("pool").selectAll().orderBy("name").execute()).map(toPoolRecord);
  },

  async find(db: Store, name: string): Promise<PoolRecord | undefined> {
    const row = await db.selectFrom("pool").selectAll().where("name", "=", name).executeTakeFirst();
    return row && toPoolRecord(row);
  },

  /** Makes or changes a pool; its numbers stay, and why it was not full is forgotten. */
  async put(db: Store, name: string, source: PoolRecord["source"], spec: PoolSpec): Promise<void> {
    const { image, size, vcpus, memoryMib, egress } = spec;
    const shape = { vcpus: vcpus ?? null, memory_mib: memoryMib ?? null };
    const egress_json = egress ? JSON.stringify(egress) : null;
    const values = { source, image, size, ...shape, egress_json, reason_json: null };
    await db
      .insertInto("pool")
      .values({ name, ...values, hits: 0, misses: 0, refill_ms_json: "[]", claim_ms_json: "[]" })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
      .execute();
  },

  /** Forgets the pool; its VMs leave, but those that a session is getting. */
  async remove(db: Store, name: string): Promise<void> {
    await poolStore.flush(db, name);
    await db.deleteFrom("pool").where("name", "=", name).execute();
  },

  async flush(db: Store, name: string): Promise<void> {
    await db
      .updateTable("pool_vm")
      .set({ state: "leaving" })
      .where("pool", "=", name)
      .where("state", "in", ["filling", "ready"])
      .execute();
  },

  async setReason(db: Store, name: string, reason: Reason | null): Promise<void> {
    const reason_json = reason && JSON.stringify(reason);
    await db.updateTable("pool").set({ reason_json }).where("name", "=", name).execute();
  },

  async vms(db: Store): Promise<PoolVm[]> {
    return (await db.selectFrom("pool_vm").selectAll().orderBy("asked_at").execute()).map(toPoolVm);
  },

  async hasVm(db: Store, vmId: string): Promise<boolean> {
    const row = await db.selectFrom("pool_vm").select("vm_id").where("vm_id", "=", vmId).executeTakeFirst();
    return row !== undefined;
  },

  async addVm(db: Store, pool: PoolRecord, vmId: VmId): Promise<void> {
    await db
      .insertInto("pool_vm")
      .values({
        vm_id: vmId,
        pool: pool.name,
        state: "filling",
        image: pool.image,
        image_id: null,
        asked_vcpus: pool.vcpus,
        asked_memory_mib: pool.memoryMib,
        vcpus: null,
        memory_mib: null,
        asked_at: new Date().toISOString(),
        ready_at: null,
      })
      .execute();
  },

  /** What hostd says it made. */
  async describeVm(db: Store, { id, imageId, vcpus, memoryMib }: Vm): Promise<void> {
    await db
      .updateTable("pool_vm")
      .set({ image_id: imageId ?? null, vcpus, memory_mib: memoryMib })
      .where("vm_id", "=", id)
      .execute();
  },

  /** Moves a VM on, only if it is still as it was seen: a claim in between wins. Answers whether it did. */
  async moveVm(db: Store, vmId: VmId, from: PoolVmState, to: PoolVmState): Promise<boolean> {
    const ready = to === "ready" ? { ready_at: new Date().toISOString() } : {};
    const { numUpdatedRows } = await db
      .updateTable("pool_vm")
      .set({ state: to, ...ready })
      .where("vm_id", "=", vmId)
      .where("state", "=", from)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  },

  async forgetVm(db: Store, vmId: VmId, state: PoolVmState): Promise<void> {
    await db.deleteFrom("pool_vm").where("vm_id", "=", vmId).where("state", "=", state).execute();
  },

  /** Claims whose session is over, or has its VM already. */
  async forgetSettledClaims(db: Store): Promise<void> {
    await db
      .deleteFrom("pool_vm")
      .where("state", "=", "claimed")
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("session")
              .select("session.id")
              .whereRef("session.vm_id", "=", "pool_vm.vm_id")
              .where("session.status", "in", ["pending", "ending"])
              .where("session.is_claimed", "=", 0),
          ),
        ),
      )
      .execute();
  },

  /** Chooses a ready VM of that image and shape for a session, in one statement; what the request leaves out fits any. */
  async take(
    db: Store,
    { image, vcpus, memoryMib }: CreateSession,
  ): Promise<{ vmId: VmId; pool: string; egress: EgressPolicy | null } | undefined> {
    let fitting = db
      .selectFrom("pool_vm")
      .select("vm_id")
      .where("state", "=", "ready")
      .where("image", "=", image);
    if (vcpus !== undefined) fitting = fitting.where("vcpus", "=", vcpus);
    if (memoryMib !== undefined) fitting = fitting.where("memory_mib", "=", memoryMib);
    // Of the image's default shape first (SQLite sorts nulls first), then the longest ready.
    const first = fitting
      .orderBy("asked_memory_mib")
      .orderBy("asked_vcpus")
      .orderBy("ready_at")
      .orderBy("vm_id")
      .limit(1);
    const row = await db
      .updateTable("pool_vm")
      .set({ state: "claimed" })
      .where("vm_id", "=", first)
      .returning(["vm_id", "pool"])
      .executeTakeFirst();
    if (!row) return undefined;
    const egress = (await poolStore.find(db, row.pool))?.egress ?? null;
    return { vmId: VmId.parse(row.vm_id), pool: row.pool, egress };
  },

  /**
   * Counts a session that a pool would have fitted, and answers where that lets its sessions go; `defaults` are what VMs
   * of its image get that ask for nothing.
   */
  async miss(
    db: Store,
    { image, vcpus, memoryMib }: CreateSession,
    defaults: Partial<ImageDefaults> = {},
  ): Promise<EgressPolicy | null> {
    let fitting = db.selectFrom("pool").select("name").where("image", "=", image).where("size", ">", 0);
    const own = { vcpus: defaults.vcpus ?? null, memory_mib: defaults.memoryMib ?? null };
    const isOf = (column: keyof typeof own, wanted: number) =>
      fitting.where(({ eb, fn, val }) => eb(fn.coalesce(column, val(own[column])), "=", wanted));
    if (vcpus !== undefined) fitting = isOf("vcpus", vcpus);
    if (memoryMib !== undefined) fitting = isOf("memory_mib", memoryMib);
    const first = fitting.orderBy("memory_mib").orderBy("vcpus").orderBy("name").limit(1);
    const missed = await db
      .updateTable("pool")
      .set(({ eb }) => ({ misses: eb("misses", "+", 1) }))
      .where("name", "=", first)
      .returningAll()
      .executeTakeFirst();
    return missed ? toPoolRecord(missed).egress : null;
  },

  async hit(db: Store, name: string, ms: number): Promise<void> {
    await db
      .updateTable("pool")
      .set(({ eb }) => ({ hits: eb("hits", "+", 1) }))
      .where("name", "=", name)
      .execute();
    await addTime(db, name, "claim_ms_json", ms);
  },

  refilled: (db: Store, name: string, ms: number): Promise<void> => addTime(db, name, "refill_ms_json", ms),
};

async function addTime(
  db: Store,
  name: string,
  column: "refill_ms_json" | "claim_ms_json",
  ms: number,
): Promise<void> {
  const pool = await poolStore.find(db, name);
  if (!pool) return;
  const before = column === "refill_ms_json" ? pool.refillMs : pool.claimMs;
  const times = JSON.stringify([...before, Math.round(ms * 10) / 10].slice(-KEPT_TIMES));
  await db
    .updateTable("pool")
    .set(column === "refill_ms_json" ? { refill_ms_json: times } : { claim_ms_json: times })
    .where("name", "=", name)
    .execute();
}
