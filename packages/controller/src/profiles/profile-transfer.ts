import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { BrowserVmError, isBrowserVmError, type LoadedProfile, type VmId } from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { ProfileTable } from "../store/tables.ts";
import { KEY_BYTES } from "../vault/seal.ts";
import { Secret } from "../vault/secret.ts";
import type { Vault } from "../vault/vault.ts";
import { inWordsOfDisks, type ProfileFiles } from "./profile-files.ts";
import { aboutFile, placeOf, profileStore } from "./profile-store.ts";
import { damaged, OpenStream, SealStream } from "./seal-stream.ts";

export interface TransferDeps {
  readonly store: Store;
  readonly host: Pick<HostClient, "readProfile" | "writeProfile">;
  readonly vault: Vault;
  readonly files: ProfileFiles;
  readonly mostBytes: number;
}

/** A version that lies on disk under its own name, and that no row refers to yet. Its key is the caller's to dispose. */
export interface StoredVersion extends Disposable {
  readonly row: Pick<ProfileTable, "id" | "project" | "version">;
  readonly file: string;
  readonly bytes: number;
  readonly storedBytes: number;
  readonly key: Secret;
}

const PIECE_BYTES = 262_144;

/**
 * Profiles between guests and sealed files: compressed, sealed, and never whole in memory. What a guest sends is bytes to
 * us; its own agent checks them when they come to a guest again.
 */
export class ProfileTransfer {
  readonly #deps: TransferDeps;

  constructor(deps: TransferDeps) {
    this.#deps = deps;
  }

  /** Reads a VM's profile into a file. PROFILE_TOO_LARGE, DISK_FULL, and what hostd says. */
  async store(vmId: VmId, row: StoredVersion["row"], signal: AbortSignal): Promise<StoredVersion> {
    const { host, files } = this.#deps;
    const reply = await host.readProfile(vmId, signal);
    // The same class by specification; only the declarations differ.
    const body = Readable.fromWeb((reply.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>);
    const key = new Secret(randomBytes(KEY_BYTES));
    try {
      const bytes = this.#announced(reply);
      await files.requireSpace(bytes);
      await using draft = await files.draft(row.id);
      const sealed = key.use((lent) => new SealStream({ key: lent, about: aboutFile(row) }));
      const fill = async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) await draft.file.writeFile(piece);
      };
      await pipeline(body, exactly(bytes), createZstdCompress(), sealed, fill, { signal });
      const { size: storedBytes } = await draft.file.stat();
      await draft.keep();
      return {
        row,
        file: draft.name,
        bytes,
        storedBytes,
        key,
        [Symbol.dispose]: () => key[Symbol.dispose](),
      };
    } catch (error) {
      key[Symbol.dispose]();
      throw inWordsOfDisks(error);
    } finally {
      body.on("error", () => {}).destroy();
    }
  }

  /** Puts a saved profile into a VM. PROFILE_DAMAGED, VAULT_LOCKED, and what hostd says. */
  async load(vmId: VmId, id: string, signal: AbortSignal): Promise<LoadedProfile & { version: number }> {
    const { row, file } = await this.#openFile(id);
    await using _file = file;
    const opened = await this.#openStream(row);
    const plain = exactly(row.bytes);
    const reading = pipeline(piecesOf(file), opened, createZstdDecompress(), plain, { signal });
    // The same class by specification; only the declarations differ.
    const body = Readable.toWeb(plain) as unknown as globalThis.ReadableStream<Uint8Array>;
    const sending = this.#deps.host
      .writeProfile(vmId, { size: row.bytes, body }, signal)
      .finally(() => plain.destroy());
    const [read, sent] = await Promise.allSettled([reading, sending]);
    // Why nothing more was sent says more than that something was missing.
    if (read.status === "rejected" && isBrowserVmError(read.reason)) throw read.reason;
    if (sent.status === "rejected") throw sent.reason;
    return { ...sent.value, version: row.version };
  }

  /** A version may be replaced by the next one between a look at its row and the opening of its file: then that one. */
  async #openFile(id: string) {
    const { store, files } = this.#deps;
    for (let before: string | undefined; ; ) {
      const row = await profileStore.get(store, id);
      if (row.file === null) throw new BrowserVmError("PROFILE_NOT_FOUND", "the profile was never saved");
      try {
        return { row, file: await files.open(row.file) };
      } catch (error) {
        if (row.file === before || !isBrowserVmError(error, "PROFILE_DAMAGED")) throw error;
        before = row.file;
      }
    }
  }

  async #openStream(row: ProfileTable): Promise<OpenStream> {
    const { key_version, wrapped_key } = row;
    if (key_version === null || wrapped_key === null) throw damaged();
    try {
      using key = await this.#deps.vault.unwrap(placeOf(row), { key_version, wrapped_key });
      return key.use((lent) => new OpenStream({ key: lent, about: aboutFile(row) }));
    } catch (error) {
      throw isBrowserVmError(error, "SECRET_ALTERED") ? damaged() : error;
    }
  }

  #announced({ headers }: Response): number {
    const bytes = Number(headers.get("content-length") ?? Number.NaN);
    const { mostBytes } = this.#deps;
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new BrowserVmError("PROTOCOL_ERROR", "hostd does not say how large the profile is");
    if (bytes > mostBytes)
      throw new BrowserVmError("PROFILE_TOO_LARGE", `${bytes} bytes are more than ${mostBytes}`, {
        bytes,
        mostBytes,
      });
    return bytes;
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  for (;;) {
    const { bytesRead, buffer } = await file
      .read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES)
      .catch(unreadable);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** In our words, or it would look as if hostd had broken off, which is tried again. */
function unreadable(cause: NodeJS.ErrnoException): never {
  const words = `the stored profile cannot be read: ${cause.code}`;
  throw new BrowserVmError("PROFILE_LOAD_FAILED", words, { cause: cause.code }, { cause });
}

/** Bytes on their way, neither more nor fewer than were announced. */
function exactly(bytes: number): Transform {
  let left = bytes;
  const wrong = (words: string) => new BrowserVmError("PROTOCOL_ERROR", `the profile ${words}`, { bytes });
  return new Transform({
    transform(chunk: Buffer, _, done) {
      left -= chunk.length;
      if (left < 0) done(wrong("is longer than was announced"));
      else done(null, chunk);
    },
    flush(done) {
      done(left === 0 ? null : wrong("ends too early"));
    },
  });
}
