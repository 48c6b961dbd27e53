const NEWLINE = 0x0a;
const FIRST_BUFFER_BYTES = 4096;

export interface LineSink {
  /** One whole line without its newline, empty ones too. The bytes are the sink's own to keep. */
  onLine(line: Uint8Array): void;
  /** A line passed the limit and is skipped. Said again for each further `maxBytes` of it. */
  onOverlong(): void;
}

/** Cuts a byte stream into lines and never holds more than `maxBytes` of one, however it arrives. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #sink: LineSink;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #length = 0;
  #isSkipping = false;
  #skipped = 0;

  constructor(maxBytes: number, sink: LineSink) {
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(NEWLINE, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      if (this.#isSkipping) this.#skip(piece.length);
      else this.#append(piece);
      if (end === -1) return;
      this.#endLine();
      from = end + 1;
    }
  }

  /** Forgets a line that has begun. */
  discardPartial(): void {
    this.#length = 0;
    this.#isSkipping = false;
  }

  #append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) {
      this.#length = 0;
      this.#isSkipping = true;
      this.#skipped = 0;
      this.#buffer = new Uint8Array(FIRST_BUFFER_BYTES);
      this.#sink.onOverlong();
      return;
    }
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, this.#buffer.length * 2)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  #skip(bytes: number): void {
    this.#skipped += bytes;
    if (this.#skipped < this.#maxBytes) return;
    this.#skipped -= this.#maxBytes;
    this.#sink.onOverlong();
  }

  #endLine(): void {
    const wasSkipping = this.#isSkipping;
    const line = this.#buffer.slice(0, this.#length);
    this.discardPartial();
    if (!wasSkipping) this.#sink.onLine(line);
  }
}
