import { FileFault } from "../home/file-fault.ts";
import { type ArchivedFile, MAGIC, notAProfile, PROFILE_LIMITS, parseManifest } from "./profile-archive.ts";

const MOST_DIGITS = 9;

/** Reads a profile's stream piece by piece; never more of it than one chunk is held, except for the manifest. */
export class ProfileReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** Which files come. BAD_REQUEST. */
  async manifest(): Promise<ArchivedFile[]> {
    if ((await this.#take(MAGIC.length)).toString("latin1") !== MAGIC) throw notAProfile();
    let digits = "";
    for (let next = ""; next !== "\n"; digits += next) {
      next = (await this.#take(1)).toString("latin1");
      if (!/^[0-9\n]$/.test(next) || digits.length > MOST_DIGITS) throw notAProfile();
    }
    const length = Number(digits);
    if (digits.length < 2 || length > PROFILE_LIMITS.manifestBytes) throw notAProfile();
    return parseManifest((await this.#take(length)).toString("utf8"));
  }

  /** The next `size` bytes in pieces. */
  async *bytes(size: number): AsyncGenerator<Buffer, void, undefined> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** BAD_REQUEST when something comes after the last file. */
  async mustEnd(): Promise<void> {
    if (this.#rest.length === 0 && (await this.#chunks.next()).done) return;
    throw new FileFault("BAD_REQUEST", "more came than the profile names");
  }

  async #take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.bytes(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new FileFault("BAD_REQUEST", "the profile ends too early");
    this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
}
