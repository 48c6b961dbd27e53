/** Of SCTP's header (RFC 9260, 3). */
const HEADER_BYTES = 12;
const MAX_BYTES = 1500;
const MAX_CHUNKS = 16;

const CHUNK = { data: 0, init: 1, heartbeat: 4, heartbeatAck: 5, cookieEcho: 10, forwardTsn: 192 } as const;
/** Chunks that end an association; what is in them is not read. */
const ENDS: ReadonlySet<number> = new Set([6, 7, 8, 14]);
/** Parameters begin after so many bytes of these chunks. */
const PARAMETERS_AT: ReadonlyMap<number, number> = new Map([
  [CHUNK.init, 20],
  [CHUNK.heartbeat, 4],
  [CHUNK.heartbeatAck, 4],
]);

/** Unordered, first and last fragment of its message; the fourth bit asks for an answer at once (RFC 7053). */
const WHOLE_UNORDERED = 7;
const DATA_HEADER_BYTES = 16;
const FORWARD_HEADER_BYTES = 8;
/** Binary (RFC 8831, 8). */
const BINARY = 53;

export interface SctpBounds {
  /** Streams from 0. */
  readonly streams: number;
  /** Of one message. */
  readonly maxBytes: number;
}

/**
 * Whether a packet is one of those that input needs: whole, unordered, short messages on known streams, and what makes,
 * keeps and ends an association. The library behind believes every length that it reads, and puts fragments together
 * without a bound; it gets to see nothing else.
 */
export function isPlainPacket(packet: Buffer, bounds: SctpBounds): boolean {
  if (packet.length < HEADER_BYTES + 4 || packet.length > MAX_BYTES) return false;
  let at = HEADER_BYTES;
  for (let chunks = 0; at < packet.length; chunks += 1) {
    if (chunks >= MAX_CHUNKS || at + 4 > packet.length) return false;
    const length = packet.readUInt16BE(at + 2);
    if (length < 4 || at + length > packet.length) return false;
    if (!isPlainChunk(packet.subarray(at, at + length), bounds)) return false;
    at += (length + 3) & ~3;
  }
  return true;
}

function isPlainChunk(chunk: Buffer, bounds: SctpBounds): boolean {
  const type = chunk.readUInt8(0);
  if (type === CHUNK.data) return isPlainData(chunk, bounds);
  const parametersAt = PARAMETERS_AT.get(type);
  if (parametersAt !== undefined) return hasParameters(chunk, parametersAt);
  if (type === CHUNK.forwardTsn) return isPlainForward(chunk, bounds);
  return type === CHUNK.cookieEcho || ENDS.has(type);
}

function isPlainData(chunk: Buffer, { streams, maxBytes }: SctpBounds): boolean {
  const bytes = chunk.length - DATA_HEADER_BYTES;
  if (bytes < 1 || bytes > maxBytes) return false;
  const isWhole = (chunk.readUInt8(1) & WHOLE_UNORDERED) === WHOLE_UNORDERED;
  return isWhole && chunk.readUInt16BE(8) < streams && chunk.readUInt32BE(12) === BINARY;
}

/** The library keeps every stream that is named to it (RFC 3758, 3.2). */
function isPlainForward(chunk: Buffer, { streams }: SctpBounds): boolean {
  if (chunk.length < FORWARD_HEADER_BYTES || chunk.length % 4 !== 0) return false;
  for (let at = FORWARD_HEADER_BYTES; at < chunk.length; at += 4)
    if (chunk.readUInt16BE(at) >= streams) return false;
  return true;
}

/** Each parameter is inside of the chunk and longer than nothing (RFC 9260, 3.2.1). */
function hasParameters(chunk: Buffer, from: number): boolean {
  if (chunk.length < from) return false;
  let at = from;
  while (at + 4 <= chunk.length) {
    const length = chunk.readUInt16BE(at + 2);
    if (length < 4 || at + length > chunk.length) return false;
    at += (length + 3) & ~3;
  }
  return true;
}
