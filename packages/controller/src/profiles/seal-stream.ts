import { createCipheriv, createDecipheriv } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { BrowserVmError } from "@browservm/contract";

/**
 * A stream of any length under AES-256-GCM, in segments that are each proven before a byte of them is given on (the STREAM
 * construction of Hoang, Reyhanitabar, Rogaway and Vizár). A nonce is the segment's number and whether it is the last,
 * so segments cannot be dropped, added or moved; a key is used for one stream only, so none comes twice.
 */
const ALGORITHM = "aes-256-gcm";
const HEADER = Buffer.from("BVMPROF\u0001", "latin1");
const SEGMENT_BYTES = 262_144;
const TAG_BYTES = 16;
const MOST_SEGMENTS = 2 ** 32;

interface StreamKey {
  readonly key: Buffer;
  /** Bound to every segment, and not in it. */
  readonly about: string;
}

/** Collects bytes to segments of one size, of which the last is known only at the end. */
abstract class Segments extends Transform {
  protected readonly about: Buffer;
  protected readonly key: Buffer;
  readonly #size: number;
  #held: Buffer[] = [];
  #bytes = 0;
  #number = 0;

  constructor({ key, about }: StreamKey, size: number) {
    super();
    this.key = Buffer.from(key);
    this.about = Buffer.concat([HEADER, Buffer.from(about, "utf8")]);
    this.#size = size;
  }

  /** What a segment becomes. */
  protected abstract turn(segment: Buffer, nonce: Buffer): Buffer;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    this.#settle(done, () => {
      // One that is full may still be the last.
      while (this.#bytes > this.#size) this.push(this.#next(this.#size, false));
    });
  }

  override _flush(done: TransformCallback): void {
    this.#settle(done, () => this.push(this.#next(this.#bytes, true)));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.key.fill(0);
    this.#held = [];
    done(error);
  }

  #settle(done: TransformCallback, work: () => void): void {
    try {
      work();
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  #next(size: number, isLast: boolean): Buffer {
    const all = Buffer.concat(this.#held);
    const rest = Buffer.from(all.subarray(size));
    this.#held = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    if (this.#number >= MOST_SEGMENTS) throw new Error("a sealed stream has too many segments");
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(this.#number, 7);
    nonce[11] = isLast ? 1 : 0;
    this.#number += 1;
    return this.turn(all.subarray(0, size), nonce);
  }
}

/** Seals what is written to it. */
export class SealStream extends Segments {
  constructor(key: StreamKey) {
    super(key, SEGMENT_BYTES);
    this.push(HEADER);
  }

  protected override turn(segment: Buffer, nonce: Buffer): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(this.about);
    return Buffer.concat([cipher.update(segment), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Opens what was sealed. PROFILE_DAMAGED when it is not all of that, for this place, in this order. */
export class OpenStream extends Segments {
  #missing = HEADER.length;

  constructor(key: StreamKey) {
    super(key, SEGMENT_BYTES + TAG_BYTES);
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    const head = chunk.subarray(0, this.#missing);
    const from = HEADER.length - this.#missing;
    if (!head.equals(HEADER.subarray(from, from + head.length))) {
      done(damaged());
      return;
    }
    this.#missing -= head.length;
    super._transform(chunk.subarray(head.length), encoding, done);
  }

  protected override turn(segment: Buffer, nonce: Buffer): Buffer {
    if (segment.length < TAG_BYTES) throw damaged();
    const decipher = createDecipheriv(ALGORITHM, this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(this.about);
    decipher.setAuthTag(segment.subarray(segment.length - TAG_BYTES));
    const plain = decipher.update(segment.subarray(0, segment.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      // OpenSSL says no more than that it failed.
      plain.fill(0);
      throw damaged();
    }
    return plain;
  }
}

export const damaged = () =>
  new BrowserVmError(
    "PROFILE_DAMAGED",
    "the stored profile does not open with its key: it was altered or cut off",
  );
