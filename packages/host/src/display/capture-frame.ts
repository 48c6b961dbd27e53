import type { Duplex } from "node:stream";
import { BrowserVmError } from "@browservm/contract";
import { ByteReader } from "./byte-reader.ts";
import type { Frame } from "./frame.ts";

/** The client's side of RFB 3.8 (RFC 6143), as little as one picture needs. Numbers name sections of the RFC. */
const VERSION = "RFB 003.008\n";
const SECURITY_NONE = 1;
const RAW = 0;
const SET_PIXEL_FORMAT = 0;
const SET_ENCODINGS = 2;
const UPDATE_REQUEST = 3;
const FRAMEBUFFER_UPDATE = 0;
const SET_COLOUR_MAP = 1;
const BELL = 2;
const SERVER_CUT_TEXT = 3;
const BYTES_PER_PIXEL = 4;

/** The guest is hostile: nothing it announces is believed beyond these. */
const MAX_SIDE = 7680;
const MAX_PIXELS = 3840 * 2400;
const MAX_TEXT_BYTES = 1024 * 1024;
const MAX_RECTANGLES = 10_000;
const MAX_MESSAGES = 1000;

/**
 * One full picture of the display behind a VNC stream. Ends the stream, whatever happens. Fails as AGENT_PROTOCOL
 * (not RFB, or out of bounds), AGENT_UNREACHABLE (the stream ended), or with the signal's reason.
 */
export async function captureFrame(stream: Duplex, signal: AbortSignal): Promise<Frame> {
  using reader = new ByteReader(stream, signal);
  try {
    const { width, height } = await handshake(stream, reader);
    stream.write(pixelFormat());
    stream.write(rawOnly());
    stream.write(updateRequest(width, height));
    return { width, height, rgba: await readPicture(reader, width, height) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BrowserVmError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("AGENT_UNREACHABLE", `the display went away: ${words}`, {}, { cause: error });
  } finally {
    stream.destroy();
  }
}

const refused = (what: string) => new BrowserVmError("AGENT_PROTOCOL", `the display's server ${what}`);

/** §7.1 to §7.3: version, security, initialisation. */
async function handshake(stream: Duplex, reader: ByteReader): Promise<{ width: number; height: number }> {
  const version = (await reader.read(12)).toString("latin1");
  if (!/^RFB 003\.(00[89]|01\d)\n$/.test(version)) throw refused("does not speak RFB 3.8");
  stream.write(VERSION);
  const [count = 0] = await reader.read(1);
  if (count === 0) throw refused("refused the connection");
  if (!(await reader.read(count)).includes(SECURITY_NONE)) throw refused("wants a password");
  stream.write(Uint8Array.of(SECURITY_NONE));
  if ((await reader.read(4)).readUInt32BE() !== 0) throw refused("refused the connection");
  // Shared: other viewers stay.
  stream.write(Uint8Array.of(1));
  const init = await reader.read(24);
  const width = init.readUInt16BE(0);
  const height = init.readUInt16BE(2);
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw refused(`announced ${width}×${height} pixels`);
  }
  await skip(reader, init.readUInt32BE(20));
  return { width, height };
}

/** §7.5.1: 32 bits, red in the first byte, so that pixels arrive as RGBX. */
function pixelFormat(): Buffer {
  const message = Buffer.alloc(20);
  message.writeUInt8(SET_PIXEL_FORMAT, 0);
  message.writeUInt8(32, 4); // bits per pixel
  message.writeUInt8(24, 5); // depth
  message.writeUInt8(0, 6); // little-endian
  message.writeUInt8(1, 7); // true colour
  for (const at of [8, 10, 12]) message.writeUInt16BE(255, at);
  message.set([0, 8, 16], 14); // shifts of red, green, blue
  return message;
}

/** §7.5.2 */
const rawOnly = () => Buffer.from([SET_ENCODINGS, 0, 0, 1, 0, 0, 0, RAW]);

/** §7.5.3, not incremental: the whole picture, now. */
function updateRequest(width: number, height: number): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(UPDATE_REQUEST, 0);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
}

/** Reads messages until rectangles as large as the picture have come; a server may send it in several updates. */
async function readPicture(reader: ByteReader, width: number, height: number): Promise<Uint8Array> {
  const rgba = new Uint8Array(width * height * BYTES_PER_PIXEL);
  let covered = 0;
  for (let messages = 0; covered < width * height; messages++) {
    if (messages >= MAX_MESSAGES) throw refused("sends no picture");
    const [type] = await reader.read(1);
    if (type === FRAMEBUFFER_UPDATE) covered += await readUpdate(reader, { rgba, width, height });
    else await skipMessage(reader, type);
  }
  for (let at = 3; at < rgba.length; at += BYTES_PER_PIXEL) rgba[at] = 255;
  return rgba;
}

/** §7.6.1; answers how many pixels it drew. */
async function readUpdate(reader: ByteReader, frame: Frame): Promise<number> {
  const count = (await reader.read(3)).readUInt16BE(1);
  if (count > MAX_RECTANGLES) throw refused(`announced ${count} rectangles`);
  let drawn = 0;
  for (let index = 0; index < count; index++) drawn += await readRectangle(reader, frame);
  return drawn;
}

async function readRectangle(reader: ByteReader, frame: Frame): Promise<number> {
  const header = await reader.read(12);
  const x = header.readUInt16BE(0);
  const y = header.readUInt16BE(2);
  const width = header.readUInt16BE(4);
  const height = header.readUInt16BE(6);
  if (header.readInt32BE(8) !== RAW) throw refused("uses an encoding that was not asked for");
  if (x + width > frame.width || y + height > frame.height) throw refused("draws outside its display");
  for (let row = 0; row < height && width > 0; row++) {
    const pixels = await reader.read(width * BYTES_PER_PIXEL);
    frame.rgba.set(pixels, ((y + row) * frame.width + x) * BYTES_PER_PIXEL);
  }
  return width * height;
}

/** §7.6.2 to §7.6.4 */
async function skipMessage(reader: ByteReader, type: number | undefined): Promise<void> {
  if (type === BELL) return;
  if (type === SET_COLOUR_MAP) await skip(reader, (await reader.read(5)).readUInt16BE(3) * 6);
  else if (type === SERVER_CUT_TEXT) await skip(reader, (await reader.read(7)).readUInt32BE(3));
  else throw refused(`sent a message of unknown type ${type}`);
}

async function skip(reader: ByteReader, length: number): Promise<void> {
  if (length > MAX_TEXT_BYTES) throw refused(`announced a text of ${length} bytes`);
  if (length > 0) await reader.read(length);
}
