import {
  CreateSession,
  type GateReport,
  Reason,
  SessionId,
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

/** One session as the controller keeps it. */
export interface SessionRecord {
  readonly id: SessionId;
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
}

export type SessionRow = Omit<SessionTable, "gate_json">;

export function fromRow(row: SessionRow): SessionRecord {
  return {
    id: SessionId.parse(row.id),
    status: SessionStatus.parse(row.status),
    request: CreateSession.parse(JSON.parse(row.request_json)),
    vmId: VmId.parse(row.vm_id),
    vm: row.vm_json === null ? null : VmLook.parse(JSON.parse(row.vm_json)),
    createdAt: row.created_at,
    readyAt: row.ready_at,
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
    ttlSeconds: row.ttl_seconds,
    reason: row.reason_json === null ? null : Reason.parse(JSON.parse(row.reason_json)),
    isNavigated: row.is_navigated === 1,
  };
}

export function toRow(record: SessionRecord): SessionRow {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    id: record.id,
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
  };
}

/** Splits what hostd says into the look that is listed and the gate's report. */
export function lookAt(vm: Vm): { look: VmLook; gate: GateReport | null } {
  const { gate, ...rest } = vm;
  return { look: gate ? { ...rest, gate: gate.verdict } : rest, gate: gate ?? null };
}
