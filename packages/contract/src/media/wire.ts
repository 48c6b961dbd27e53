import * as z from "zod"; // as a namespace: the guest's bundle then leaves out what it does not use

/**
 * Sound and picture between guest and media gateway: a byte stream of `u32 length | u8 kind | body`, big-endian; the
 * length counts kind and body. To a viewer over WebSocket the same message travels without its length.
 */
export const MEDIA_KIND = {
  // the guest says
  hello: 1,
  video: 2,
  audio: 3,
  status: 4,
  pong: 5,
  // the gateway says
  settings: 16,
  keyFrame: 17,
  ping: 18,
} as const;

/** Longer messages end the stream: a key frame of 4K text stays far below. */
export const MAX_MEDIA_BYTES = 4 * 1024 * 1024;
/** A message of JSON is no longer. */
export const MAX_MEDIA_JSON_BYTES = 16 * 1024;

export const VideoCodec = z.enum(["vp8", "h264"]);
export type VideoCodec = z.infer<typeof VideoCodec>;

const VIDEO_CODECS: readonly VideoCodec[] = ["vp8", "h264"];
const VIDEO_HEADER_BYTES = 23;
const AUDIO_HEADER_BYTES = 12;
const KEY_FLAG = 1;

/** One encoded picture. H.264 is in Annex B form, with SPS and PPS before every key frame. */
export interface VideoFrame {
  readonly codec: VideoCodec;
  /** Whether it can be decoded without those before it. */
  readonly isKey: boolean;
  readonly width: number;
  readonly height: number;
  /** Counts by one from 0, also over frames that were dropped after they were encoded; wraps at 2^32. */
  readonly sequence: number;
  /** When the screen was read, in microseconds of the guest's monotonic clock. */
  readonly capturedUs: number;
  /** How long after that it was encoded, in microseconds. */
  readonly encodedAfterUs: number;
  readonly data: Uint8Array;
}

/** 20 ms of sound: one Opus packet of two channels at 48 kHz. */
export interface AudioFrame {
  /** Counts packets. The encoder makes none of silence: how long that was is told by `capturedUs` alone. */
  readonly sequence: number;
  readonly capturedUs: number;
  readonly data: Uint8Array;
}

export type MediaMessage =
  | { readonly kind: "video"; readonly frame: VideoFrame }
  | { readonly kind: "audio"; readonly frame: AudioFrame }
  | { readonly kind: "json"; readonly code: number; readonly value: unknown };

/** Kind and body of one picture. */
export function encodeVideo(frame: VideoFrame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + VIDEO_HEADER_BYTES + frame.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, MEDIA_KIND.video);
  view.setUint8(1, VIDEO_CODECS.indexOf(frame.codec));
  view.setUint8(2, frame.isKey ? KEY_FLAG : 0);
  view.setUint16(3, frame.width);
  view.setUint16(5, frame.height);
  view.setUint32(7, frame.sequence);
  view.setBigUint64(11, BigInt(frame.capturedUs));
  view.setUint32(19, frame.encodedAfterUs);
  bytes.set(frame.data, 1 + VIDEO_HEADER_BYTES);
  return bytes;
}

/** Kind and body of one packet of sound. */
export function encodeAudio(frame: AudioFrame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + AUDIO_HEADER_BYTES + frame.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, MEDIA_KIND.audio);
  view.setUint32(1, frame.sequence);
  view.setBigUint64(5, BigInt(frame.capturedUs));
  bytes.set(frame.data, 1 + AUDIO_HEADER_BYTES);
  return bytes;
}

/** Kind and body of a message that is JSON, or nothing. */
export function encodeJson(code: number, value?: unknown): Uint8Array<ArrayBuffer> {
  const body = value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = code;
  bytes.set(body, 1);
  return bytes;
}

/** The message as the byte stream carries it. */
export function withLength(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + message.length);
  new DataView(bytes.buffer).setUint32(0, message.length);
  bytes.set(message, 4);
  return bytes;
}

/** Reads kind and body. Undefined for what is no message of ours. The data is a view into `message`. */
export function parseMediaMessage(message: Uint8Array): MediaMessage | undefined {
  const code = message[0];
  if (code === MEDIA_KIND.video) return parseVideo(message);
  if (code === MEDIA_KIND.audio) return parseAudio(message);
  if (code === undefined || !JSON_KINDS.has(code)) return undefined;
  return parseJson(code, message.subarray(1));
}

const JSON_KINDS: ReadonlySet<number> = new Set(Object.values(MEDIA_KIND));

function parseVideo(message: Uint8Array): MediaMessage | undefined {
  if (message.length <= 1 + VIDEO_HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset);
  const codec = VIDEO_CODECS[view.getUint8(1)];
  if (codec === undefined) return undefined;
  const frame = {
    codec,
    isKey: (view.getUint8(2) & KEY_FLAG) !== 0,
    width: view.getUint16(3),
    height: view.getUint16(5),
    sequence: view.getUint32(7),
    capturedUs: Number(view.getBigUint64(11)),
    encodedAfterUs: view.getUint32(19),
    data: message.subarray(1 + VIDEO_HEADER_BYTES),
  };
  return frame.width > 0 && frame.height > 0 ? { kind: "video", frame } : undefined;
}

function parseAudio(message: Uint8Array): MediaMessage | undefined {
  if (message.length <= 1 + AUDIO_HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset);
  const capturedUs = Number(view.getBigUint64(5));
  const data = message.subarray(1 + AUDIO_HEADER_BYTES);
  return { kind: "audio", frame: { sequence: view.getUint32(1), capturedUs, data } };
}

function parseJson(code: number, body: Uint8Array): MediaMessage | undefined {
  if (body.length > MAX_MEDIA_JSON_BYTES) return undefined;
  if (body.length === 0) return { kind: "json", code, value: undefined };
  try {
    return { kind: "json", code, value: JSON.parse(new TextDecoder().decode(body)) };
  } catch {
    return undefined; // it is the other side's, and may be anything
  }
}
