/** Of one RTP packet with what is around it, so that no way of the internet cuts it, in bytes. */
export const MAX_PAYLOAD_BYTES = 1150;

const START_OF_PARTITION = 0x10;
const EXTENDED = 0x80;
const HAS_PICTURE_ID = 0x80;
const LONG_PICTURE_ID = 0x8000;
const DESCRIPTOR_BYTES = 4;

/** One VP8 picture as payloads of RTP (RFC 7741, 4.2), with a picture id of 15 bits. The last one gets the marker. */
export function vp8Payloads(frame: Uint8Array, pictureId: number): Buffer[] {
  const room = MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES;
  const payloads: Buffer[] = [];
  for (let at = 0; at < frame.length; at += room) {
    const part = frame.subarray(at, at + room);
    const payload = Buffer.allocUnsafe(DESCRIPTOR_BYTES + part.length);
    payload[0] = EXTENDED | (at === 0 ? START_OF_PARTITION : 0);
    payload[1] = HAS_PICTURE_ID;
    payload.writeUInt16BE(LONG_PICTURE_ID | (pictureId & 0x7fff), 2);
    payload.set(part, DESCRIPTOR_BYTES);
    payloads.push(payload);
  }
  return payloads;
}
