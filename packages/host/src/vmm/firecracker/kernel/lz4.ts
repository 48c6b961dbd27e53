/** Blocks of a legacy frame decode to at most this many bytes (lz4, doc/lz4_Frame_format.md, "Legacy frame"). */
const BLOCK_BYTES = 8 * 1024 * 1024;
const LEGACY_HEADER_BYTES = 4;
const SHORTEST_MATCH = 4;

/** Unpacks a legacy LZ4 frame, the only kind that Linux packs its kernels with (linux/lib/decompress_unlz4.c). RangeError where it is damaged. */
export function unpackLegacyLz4(packed: Uint8Array): Buffer {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const blocks: Buffer[] = [];
  for (let at = LEGACY_HEADER_BYTES; at + 4 <= packed.length; ) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length === 0 || at + length > packed.length) break; // the kernel's build appends the unpacked size
    blocks.push(unpackBlock(packed.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

/** One block: literals and back-references in turn (lz4, doc/lz4_Block_format.md). */
function unpackBlock(block: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(BLOCK_BYTES);
  let from = 0;
  let to = 0;
  const byte = (): number => {
    const value = block[from++];
    if (value === undefined) throw new RangeError("an LZ4 block ends too early");
    return value;
  };
  const length = (nibble: number): number => {
    let sum = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; sum += more) more = byte();
    return sum;
  };
  while (from < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (from + literals > block.length || to + literals > BLOCK_BYTES)
      throw new RangeError("an LZ4 block is too long");
    out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= block.length) break; // the last sequence has literals only
    const offset = byte() | (byte() << 8);
    const match = length(token & 15) + SHORTEST_MATCH;
    if (offset === 0 || offset > to || to + match > BLOCK_BYTES)
      throw new RangeError("an LZ4 match lies outside");
    copyMatch(out, { to, offset, match });
    to += match;
  }
  return out.subarray(0, to);
}

/** A match may reach into itself: then its beginning repeats. */
function copyMatch(out: Buffer, { to, offset, match }: { to: number; offset: number; match: number }): void {
  if (offset >= match) {
    out.copyWithin(to, to - offset, to - offset + match);
    return;
  }
  for (let index = 0; index < match; index++) out[to + index] = out[to - offset + index] ?? 0;
}
