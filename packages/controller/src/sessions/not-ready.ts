import { BrowserVmError } from "@browservm/contract";
import type { SessionRecord } from "./session-record.ts";

/** SESSION_NOT_READY, with the status, the VM's state and why it failed. */
export function notReady({ id, status, vm, reason }: SessionRecord, cause?: Error): BrowserVmError {
  const words = cause ? cause.message : `session ${id} is ${status}`;
  const details = { status, vmState: vm?.state ?? null, ...(reason ? { reason } : {}) };
  return new BrowserVmError("SESSION_NOT_READY", words, details, { cause });
}

/** What hostd says about a VM, in the words of its session. */
export async function inWordsOfSessions<T>(record: SessionRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BrowserVmError && SAME.has(error.code)) throw notReady(record, error);
    throw error;
  }
}

const SAME: ReadonlySet<string> = new Set(["VM_NOT_READY", "VM_NOT_FOUND", "VM_PAUSED"]);
