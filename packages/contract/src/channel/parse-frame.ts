import * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use
import { CHANNEL_LIMITS } from "../guest/calls.ts";

const Id = z.int().nonnegative();
const Method = z.string().max(64);
const RpcError = z.object({ code: z.int(), message: z.string() });

/** A call, a note (no id), an answer, or a refusal: JSON-RPC 2.0 without batches. */
export const Frame = z.union([
  z.strictObject({ jsonrpc: z.literal("2.0"), id: Id, method: Method, params: z.unknown() }),
  z.strictObject({ jsonrpc: z.literal("2.0"), method: Method, params: z.unknown() }),
  z.strictObject({ jsonrpc: z.literal("2.0"), id: Id, result: z.unknown() }),
  z.strictObject({ jsonrpc: z.literal("2.0"), id: Id, error: RpcError }),
]);
export type Frame = z.infer<typeof Frame>;

/** JSON-RPC's own refusals (its specification, section 5.1) and the one that carries the agent's reason. */
export const RPC_CODES = { methodNotFound: -32_601, invalidParams: -32_602, failed: -32_000 } as const;

/** Why a line was refused before anything was built from it. */
export class FrameRefused extends Error {}

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** One line as a frame; throws FrameRefused for anything else. */
export function parseFrame(line: Uint8Array): Frame {
  if (isDeeperThan(line, CHANNEL_LIMITS.depth)) throw new FrameRefused("nested too deeply");
  const frame = Frame.safeParse(parseJson(line));
  if (!frame.success) throw new FrameRefused("not a JSON-RPC frame");
  return frame.data;
}

/** The frame as one line with its newline; throws FrameRefused when it is longer than the channel takes. */
export function encodeFrame(frame: Frame): Uint8Array {
  const line = encoder.encode(`${JSON.stringify(frame)}\n`);
  if (line.length > CHANNEL_LIMITS.lineBytes) throw new FrameRefused("longer than the channel takes");
  return line;
}

function parseJson(line: Uint8Array): unknown {
  try {
    const text = decoder.decode(line);
    // The reviver sees every key, which is slow: only a text that may hold the key, spelled or escaped, gets it.
    return /proto|\\u/.test(text) ? JSON.parse(text, refusePrototypeKey) : JSON.parse(text);
  } catch (error) {
    if (error instanceof FrameRefused) throw error;
    throw new FrameRefused("not JSON", { cause: error });
  }
}

function refusePrototypeKey(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new FrameRefused("names a prototype");
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Counts brackets outside strings in the raw bytes, so that a nested bomb is refused before JSON.parse builds it. */
export function isDeeperThan(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isInString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth -= 1;
  }
  return false;
}
