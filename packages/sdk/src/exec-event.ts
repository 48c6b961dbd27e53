import { type ExecFrame, fromProblem } from "@browservm/contract";

/** What a command in the VM does: it writes, then it ends (once). */
export type ExecEvent =
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }
  | {
      readonly type: "exit";
      readonly code: number | null;
      readonly signal: string | null;
      /** Output was lost because it passed the limit. */
      readonly truncated: boolean;
    };

/** The event of a frame; an error frame is thrown. */
export function toExecEvent(frame: ExecFrame): ExecEvent {
  if (frame.type === "error") throw fromProblem(frame.problem);
  if (frame.type === "exit") return frame;
  const data = Uint8Array.from(atob(frame.data), (character) => character.charCodeAt(0));
  return { type: "output", stream: frame.stream, data };
}
