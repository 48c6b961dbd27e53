import { inflateSync, constants as zlib } from "node:zlib";
import {
  CLIPBOARD_LIMITS,
  type ClipboardHead,
  type ClipboardPolicy,
  CUT_TEXT_BYTES,
  readClipboardHead,
} from "@browservm/contract";
import type { ByteQueue } from "./byte-queue.ts";

/** With what codes a text is left out; docs/live-video.md says when. */
export const CLIPBOARD_REFUSALS = ["CLIPBOARD_CLOSED", "CLIPBOARD_TOO_LARGE", "BAD_REQUEST"] as const;

/** Why a text does not pass: a code, and words for people. */
export type ClipboardProblem = readonly [code: (typeof CLIPBOARD_REFUSALS)[number], why: string];

/** What to do with a message about a clipboard: wait for so many bytes, leave it out, or let it pass, `give` as input. */
export type ClipboardVerdict =
  | { readonly act: "need"; readonly bytes: number }
  | { readonly act: "skip"; readonly length: number; readonly problem?: ClipboardProblem }
  | { readonly act: "give" | "pass"; readonly length: number };

export interface ClipboardRules {
  readonly policy: ClipboardPolicy;
  readonly hasControl: () => boolean;
}

/** Longer than any head. */
const HEAD_BYTES = 12;
/** Before each text that is packed stands its length. */
const LENGTH_BYTES = 4;
const MOST_BYTES = CLIPBOARD_LIMITS.textBytes;
const TOO_LARGE: ClipboardProblem = [
  "CLIPBOARD_TOO_LARGE",
  `a text on the clipboard has ${MOST_BYTES / 1024} KiB at most`,
];

/**
 * Judges the ClientCutText at the front of what waits. Asking for a text, and saying what one can, is no input; giving one
 * is.
 */
export function judgeClipboard(waiting: ByteQueue, { policy, hasControl }: ClipboardRules): ClipboardVerdict {
  const head = readClipboardHead(waiting.peek(HEAD_BYTES));
  if ("need" in head) return { act: "need", bytes: head.need };
  const length = CUT_TEXT_BYTES + head.bytes;
  const isGiven = head.deed === "give";
  // who has not the control hears that elsewhere
  if (isGiven && !hasControl()) return { act: "skip", length };
  const problem = problemOf(head, policy);
  if (problem) return { act: "skip", length, problem };
  if (waiting.length < length) return { act: "need", bytes: length };
  if (!isGiven) return { act: "pass", length };
  const hidden = problemOfPacked(waiting.peek(length), head);
  return hidden ? { act: "skip", length, problem: hidden } : { act: "give", length };
}

function problemOf({ deed, bytes }: ClipboardHead, policy: ClipboardPolicy): ClipboardProblem | undefined {
  if (deed === "give" && !policy.toGuest)
    return ["CLIPBOARD_CLOSED", "nothing may be put on this session's clipboard"];
  if (deed === "ask" && !policy.fromGuest)
    return ["CLIPBOARD_CLOSED", "what is copied in this session stays there"];
  return bytes > MOST_BYTES ? TOO_LARGE : undefined;
}

/** A text that is packed may be larger than it looks. */
function problemOfPacked(message: Buffer, { packedAfter }: ClipboardHead): ClipboardProblem | undefined {
  if (packedAfter === 0) return undefined;
  try {
    inflateSync(message.subarray(CUT_TEXT_BYTES + packedAfter), {
      maxOutputLength: MOST_BYTES + LENGTH_BYTES,
      // senders flush their stream, and do not end it
      finishFlush: zlib.Z_SYNC_FLUSH,
    });
    return undefined;
  } catch (error) {
    const isLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return isLong ? TOO_LARGE : ["BAD_REQUEST", "the text for the clipboard cannot be read"];
  }
}
