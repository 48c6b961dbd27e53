/** What one file worker is told to do, as JSON on its command line; its user's rights are all that it has. */
export interface FileOrders {
  readonly act: "list" | "read" | "write" | "remove" | "read-profile" | "write-profile";
  readonly home: string;
  /** Below the home; empty is the home itself. */
  readonly path: string;
  readonly ifExists: "replace" | "rename" | "refuse";
  /** Bytes that a write will have, where that is known. */
  readonly size?: number | undefined;
}

export const FILE_FAULT_CODES = [
  "BAD_REQUEST",
  "CANCELLED",
  "FILE_NOT_FOUND",
  "FILE_REFUSED",
  "FILE_EXISTS",
  "GUEST_DISK_FULL",
  "INTERNAL",
] as const;
export type FileFaultCode = (typeof FILE_FAULT_CODES)[number];

/** The first line that a worker says; after it come the bytes that it read, `size` of them. */
export type FileAnswer =
  | { readonly ok: true; readonly size: number }
  | { readonly ok: false; readonly code: FileFaultCode; readonly error: string };

/** Written to the worker's fourth descriptor when all that is to be written has come: only then is a file kept. */
export const WHOLE = "whole";
export const WHOLE_FD = 3;
