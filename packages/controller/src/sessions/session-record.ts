import {
  CreateSession,
  type GateReport,
  Reason,
  SessionId,
  SessionProfile,
  SessionStatus,
  Vm,
  VmId,
} from "@browservm/contract";
import { z } from "zod";
import type { SessionTable } from "../store/tables.ts";

/** What hostd said about a VM, without the gate's evidence (that is read only where it is asked for). */
export const VmLook = Vm.omit({ gate: true }).extend({
  gate: z.enum(["running", "pass", "fail"]).optional(),
});
export type VmLook = z.infer<typeof VmLook>;

export const Timeout = z.enum(["absolute", "offline", "idle"]);
export type Timeout = z.infer<typeof Timeout>;
const OnIdle = z.enum(["pause", "end"]);
const Warned = z.partialRecord(Timeout, z.string());

/** One session as the controller keeps it. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly project: string;
  readonly status: SessionStatus;
  readonly request: CreateSession;
  readonly vmId: VmId;
  readonly vm: VmLook | null;
  readonly createdAt: string;
  readonly readyAt: string | null;
  readonly endedAt: string | null;
  readonly expiresAt: string;
  readonly ttlSeconds: number;
  readonly reason: Reason | null;
  readonly isNavigated: boolean;
  /** The pool that its VM is taken from. */
  readonly pool: string | null;
  /** Whether hostd has handed that VM out; before, the VM is not the session's to look at. */
  readonly isClaimed: boolean;
  readonly forkOf: SessionId | null;
  readonly absoluteAt: string | null;
  /** 0 = it may be idle for ever. */
  readonly idleSeconds: number;
  readonly onIdle: z.infer<typeof OnIdle>;
  readonly activeAt: string | null;
  /** The time that each time-out had when its warning was told. */
  readonly warned: Readonly<z.infer<typeof Warned>>;
  readonly profile: SessionProfile | null;
}

/** A VM was chosen for it, and hostd has not handed it out yet. */
export const awaitsClaim = ({ pool, isClaimed }: Pick<SessionRecord, "pool" | "isClaimed">): boolean =>
  pool !== null && !isClaimed;

/** What its time-outs go by; they are looked at every second, so no more than that is read. */
export type TimedSession = Pick<
  SessionRecord,
  | "id"
  | "status"
  | "createdAt"
  | "expiresAt"
  | "ttlSeconds"
  | "absoluteAt"
  | "idleSeconds"
  | "onIdle"
  | "activeAt"
  | "warned"
>;

export const TIMED_COLUMNS = [
  "id",
  "status",
  "created_at",
  "expires_at",
  "ttl_seconds",
  "absolute_at",
  "idle_seconds",
  "on_idle",
  "active_at",
  "warned_json",
] as const;

export type SessionRow = Omit<SessionTable, "gate_json">;

export function timedFromRow(row: Pick<SessionRow, (typeof TIMED_COLUMNS)[number]>): TimedSession {
  return {
    id: SessionId.parse(row.id),
    status: SessionStatus.parse(row.status),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ttlSeconds: row.ttl_seconds,
    absoluteAt: row.absolute_at,
    idleSeconds: row.idle_seconds,
    onIdle: OnIdle.parse(row.on_idle),
    activeAt: row.active_at,
    warned: Warned.parse(JSON.parse(row.warned_json)),
  };
}

export function fromRow(row: SessionRow): SessionRecord {
  return {
    ...timedFromRow(row),
    project: row.project,
    request: CreateSession.parse(JSON.parse(row.request_json)),
    vmId: VmId.parse(row.vm_id),
    vm: row.vm_json === null ? null : VmLook.parse(JSON.parse(row.vm_json)),
    readyAt: row.ready_at,
    endedAt: row.ended_at,
    reason: row.reason_json === null ? null : Reason.parse(JSON.parse(row.reason_json)),
    isNavigated: row.is_navigated === 1,
    pool: row.pool,
    isClaimed: row.is_claimed === 1,
    profile: row.profile_json === null ? null : SessionProfile.parse(JSON.parse(row.profile_json)),
    forkOf: row.fork_of === null ? null : SessionId.parse(row.fork_of),
  };
}

export function toRow(record: SessionRecord): SessionRow {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    id: record.id,
    project: record.project,
    status: record.status,
    request_json: JSON.stringify(record.request),
    vm_id: record.vmId,
    vm_json: json(record.vm),
    created_at: record.createdAt,
    ready_at: record.readyAt,
    ended_at: record.endedAt,
    expires_at: record.expiresAt,
    ttl_seconds: record.ttlSeconds,
    reason_json: json(record.reason),
    is_navigated: record.isNavigated ? 1 : 0,
    pool: record.pool,
    is_claimed: record.isClaimed ? 1 : 0,
    fork_of: record.forkOf,
    absolute_at: record.absoluteAt,
    idle_seconds: record.idleSeconds,
    on_idle: record.onIdle,
    active_at: record.activeAt,
    warned_json: JSON.stringify(record.warned),
    profile_json: json(record.profile),
  };
}

/** Splits what hostd says into the look that is listed and the gate's report. */
export function lookAt(vm: Vm): { look: VmLook; gate: GateReport | null } {
  const { gate, ...rest } = vm;
  return { look: gate ? { ...rest, gate: gate.verdict } : rest, gate: gate ?? null };
}
