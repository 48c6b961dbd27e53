import { Transform, type TransformCallback } from "node:stream";
import { BrowserVmError } from "@browservm/contract";

export interface MeterSpec {
  /** More than this fails as FILE_TOO_LARGE. */
  readonly mostBytes: number;
  /** Without a byte for so long it fails as DEADLINE_EXCEEDED, in milliseconds. */
  readonly idleMs: number;
}

/** Bytes on their way, counted: neither too many nor with too long a pause between them. */
export class Meter extends Transform {
  readonly #spec: MeterSpec;
  readonly #idle: NodeJS.Timeout;
  #bytes = 0;

  constructor(spec: MeterSpec) {
    super();
    this.#spec = spec;
    this.#idle = setTimeout(() => this.destroy(this.#idleError()), spec.idleMs);
  }

  get bytes(): number {
    return this.#bytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    this.#idle.refresh();
    if (this.#bytes > this.#spec.mostBytes) done(tooLarge(this.#spec.mostBytes));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#idle);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    done(error);
  }

  #idleError(): BrowserVmError {
    const { idleMs } = this.#spec;
    return new BrowserVmError("DEADLINE_EXCEEDED", `not a byte of the file moved for ${idleMs} ms`, {
      idleMs,
    });
  }
}

export function tooLarge(limitBytes: number): BrowserVmError {
  return new BrowserVmError("FILE_TOO_LARGE", `more than ${limitBytes} bytes are not carried`, {
    limitBytes,
  });
}
