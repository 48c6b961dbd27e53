import { CLIENT_MESSAGE, followedEncodings, isFollowedPixelFormat, notRfb } from "@browservm/contract";

const VERSION = "RFB 003.008\n";

/** A client's version, where its display is followed. BAD_REQUEST for one whose handshake is another. */
export function mustBeFollowed(version: Uint8Array): void {
  if (String.fromCharCode(...version) !== VERSION) throw notRfb("a closed clipboard needs RFB 3.8");
}

/**
 * The same message for a display that is followed: asking for nothing that could not be. BAD_REQUEST for pixels that it
 * cannot be followed with.
 */
export function asFollowed(message: Buffer): Buffer {
  if (message[0] === CLIENT_MESSAGE.setEncodings) return Buffer.from(followedEncodings(message));
  if (message[0] === CLIENT_MESSAGE.setPixelFormat && !isFollowedPixelFormat(message.subarray(4)))
    throw notRfb("a closed clipboard needs pixels of four bytes");
  return message;
}
