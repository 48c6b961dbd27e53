import type { RTCDtlsTransport } from "werift";
import { ByteBudget } from "../guest/byte-budget.ts";

/** In packets that feedback may tell of: twice as many as are sent at the highest rate. */
const BUDGET = { burst: 8192, perSecond: 8192 };
const HEADER_BYTES = 4;
/** Of transport-wide feedback. */
const [TYPE, FORMAT, COUNT_AT] = [205, 15, 14];
const NOTHING = Buffer.alloc(0);

/** How many packets the transport-wide feedback in a packet of RTCP tells of. */
export function toldPackets(packet: Buffer): number {
  let told = 0;
  for (let at = 0; at + COUNT_AT + 2 <= packet.length; ) {
    const isFeedback = packet.readUInt8(at + 1) === TYPE && (packet.readUInt8(at) & 31) === FORMAT;
    if (isFeedback) told += packet.readUInt16BE(at + COUNT_AT);
    at += HEADER_BYTES + 4 * packet.readUInt16BE(at + 2);
  }
  return told;
}

/**
 * Drops feedback that tells of more packets than were sent, before the library reads it: it makes an object for each, of
 * which forty bytes can claim 65535.
 */
export function boundFeedback(transport: RTCDtlsTransport): void {
  const budget = new ByteBudget(BUDGET, performance.now());
  // The session is made right before, and nothing is read from it sooner.
  transport.onStateChange.subscribe((state) => {
    if (state !== "connected") return;
    const { srtcp } = transport;
    const decrypt = srtcp.decrypt.bind(srtcp);
    srtcp.decrypt = (packet) => {
      const plain = decrypt(packet);
      return budget.tryTake(toldPackets(plain), performance.now()) ? plain : NOTHING;
    };
  });
}
