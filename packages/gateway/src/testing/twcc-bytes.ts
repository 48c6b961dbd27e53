/** One packet of transport-wide feedback. */
export interface TwccSpec {
  readonly base: number;
  readonly count: number;
  /** In units of 64 ms. */
  readonly reference: number;
  /** Chunks and deltas. */
  readonly rest: readonly number[];
}

/** Transport-wide feedback as it comes off the wire, padded with zeros. */
export function twccBytes({ base, count, reference, rest }: TwccSpec): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32BE(1, 0);
  body.writeUInt32BE(2, 4);
  body.writeUInt16BE(base, 8);
  body.writeUInt16BE(count, 10);
  body.writeUIntBE(reference, 12, 3);
  const padding = Buffer.alloc((4 - (rest.length % 4)) % 4);
  const header = Buffer.from([0x80 | 15, 205, 0, (body.length + rest.length + padding.length) / 4]);
  return Buffer.concat([header, body, Buffer.from(rest), padding]);
}
