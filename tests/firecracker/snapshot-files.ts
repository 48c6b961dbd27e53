import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { FatalFault, osError, StandInFault } from "./faults.ts";

const MIB = 1024 * 1024;
const MAGIC = "stand-in x86_64\n";
const FORMAT = "10.0.0";
const CRC_BYTES = 8;
/** snapshot/mod.rs, SNAPSHOT_DESERIALIZATION_BYTES_LIMIT */
const MOST_BYTES = 10_000_000;
/** More than any fake guest remembers. */
const REMEMBERED_BYTES = 4 * MIB;
const RESTORE = "Load snapshot error: Failed to restore from snapshot: ";
const OF_STATE = `${RESTORE}Failed to get snapshot state from file: `;
const OF_MEMORY = `${RESTORE}Failed to load guest memory: Error creating guest memory from file: `;

/** The state file: magic, version, JSON, CRC; synchronised, as the real one's. */
export function writeState(path: string, state: object): void {
  const body = `${MAGIC}${FORMAT}\n${JSON.stringify(state)}`;
  try {
    writeFileSync(path, `${body}${checksum(body)}`, { flush: true });
  } catch (error) {
    throw new StandInFault(
      `Create snapshot error: Cannot perform open on the snapshot backing file: ${osError(error)}`,
    );
  }
}

/** In the real one's order: parsed, then magic and version, then the CRC. Everything is fatal. */
export function readState(path: string): unknown {
  const load = (words: string) =>
    new FatalFault(`${OF_STATE}Failed to load snapshot state from file: ${words}`);
  const text = readAll(path);
  if (text.length > MOST_BYTES) throw load(`Snapshot size exceeds limit of ${MOST_BYTES} bytes`);
  if (text.length < CRC_BYTES) throw load("IO Error: File too short to contain CRC");
  const body = text.slice(0, -CRC_BYTES);
  const [, magic = "", version = "", json = ""] = /^(.*\n)(.*)\n(.*)$/.exec(body) ?? [];
  const state = parsed(json);
  if (state === undefined) throw load("An error occurred during bitcode serialization: bitcode error");
  if (magic !== MAGIC) throw load("Magic value does not match arch: 0");
  if (version !== FORMAT) throw load(`Invalid data version: ${version}`);
  if (checksum(body) !== text.slice(-CRC_BYTES)) throw load("CRC64 validation failed");
  return state;
}

function readAll(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    throw new FatalFault(`${OF_STATE}Failed to open snapshot file: ${osError(error)}`);
  }
}

/** The memory file: as long as the memory, what the guest remembers at its begin. An existing one is written over. */
export function writeMemory(path: string, memoryMib: number, remembered: object): void {
  const bytes = memoryMib * MIB;
  const existed = existsSync(path);
  const fd = openMemory(path);
  try {
    if (existed && statSync(path).size !== bytes) ftruncateSync(fd, 0);
    ftruncateSync(fd, bytes);
    const { bavail, bsize } = statfsSync(dirname(path));
    // The real one writes every page.
    if (bavail * bsize < bytes)
      throw new StandInFault(
        "Create snapshot error: Cannot write memory file: Cannot dump memory: Guest memory error: No space left on device (os error 28)",
      );
    writeSync(fd, `${JSON.stringify(remembered)}\0`, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function openMemory(path: string): number {
  try {
    return openSync(path, existsSync(path) ? "r+" : "w");
  } catch (error) {
    throw new StandInFault(
      `Create snapshot error: Cannot perform open on the memory backing file: ${osError(error)}`,
    );
  }
}

/** What a guest remembers, undefined when its memory makes no sense. The file stays open, for reading only. */
export function readMemory(path: string, memoryMib: number): unknown {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw new FatalFault(`${OF_MEMORY}Failed to load guest memory: ${osError(error)}`);
  }
  if (statSync(path).size < memoryMib * MIB)
    throw new FatalFault(
      `${OF_MEMORY}Failed to restore guest memory: Total sum of memory regions exceeds largest possible file offset`,
    );
  const begin = Buffer.alloc(REMEMBERED_BYTES);
  readSync(fd, begin, 0, begin.length, 0);
  return parsed(begin.subarray(0, begin.indexOf(0)).toString());
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // cut short or altered
  }
}

const checksum = (body: string) => crc32(body).toString(16).padStart(CRC_BYTES, "0");
