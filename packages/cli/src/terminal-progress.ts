import type { Progress } from "@browservm/contract";
import type { Output } from "./output.ts";

const BEAT_MS = 1000;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export interface TerminalProgress extends Progress, Disposable {
  /** The last step went well. */
  done(): void;
  /** The last step failed; what follows is no part of it. */
  failed(): void;
}

/** Steps with their seconds on stderr: one moving line on a terminal, one line per finished step elsewhere. */
export function terminalProgress(output: Output, signal: AbortSignal): TerminalProgress {
  let current: { name: string; since: number; note: string } | undefined;
  let frame = 0;
  const seconds = () => ((performance.now() - (current?.since ?? 0)) / 1000).toFixed(1);
  const beat = setInterval(() => {
    if (!current) return;
    frame = (frame + 1) % FRAMES.length;
    output.transient(`${FRAMES[frame]} ${current.name}  ${seconds()} s  ${current.note}`);
  }, BEAT_MS / 5);
  beat.unref();
  const close = (mark: string) => {
    if (!current) return;
    output.transient("");
    output.note(`${mark} ${current.name}  ${seconds()} s`);
    current = undefined;
  };
  return {
    signal,
    step(name) {
      close("✓");
      current = { name, since: performance.now(), note: "" };
      if (!output.isTerminal) output.note(`… ${name}`);
    },
    note(line) {
      if (current) current.note = line.replace(/\s+/g, " ").trim();
    },
    done: () => close("✓"),
    failed: () => close("✗"),
    [Symbol.dispose]() {
      close("✗");
      clearInterval(beat);
    },
  };
}

/** The same progress, each step under a name that says what it belongs to. */
export const stepsOf = (whole: string, progress: Progress): Progress => ({
  signal: progress.signal,
  step: (name) => progress.step(`${whole}: ${name}`),
  note: (line) => progress.note(line),
});
