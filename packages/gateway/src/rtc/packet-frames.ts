/** What viewers send is small: checks, handshakes and reports, in bytes. */
const MAX_FRAME_BYTES = 4096;

/** Packets in a TCP stream, each with its length before it (RFC 4571). */
export class PacketFrames {
  #waiting: Buffer = Buffer.alloc(0);

  /** The packets that are whole now. Throws RangeError for a length that no packet of a viewer has. */
  push(chunk: Buffer): Buffer[] {
    let rest = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, chunk]) : chunk;
    const packets: Buffer[] = [];
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (length === 0 || length > MAX_FRAME_BYTES) throw new RangeError(`a packet of ${length} bytes`);
      if (rest.length < 2 + length) break;
      packets.push(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
    }
    this.#waiting = rest;
    return packets;
  }
}

/** A packet as a TCP stream carries it. */
export function framed(packet: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(2 + packet.length);
  bytes.writeUInt16BE(packet.length, 0);
  packet.copy(bytes, 2);
  return bytes;
}
