/** How to say where we are, and how to be told to stop. Everything slow takes it first. */
export interface Progress {
  readonly signal: AbortSignal;
  /** Names the step that begins now; one stream feeds CLI, events, log and bench. */
  step(name: string): void;
  /** A line of detail under the current step (e.g. what apt is doing). Optional to show. */
  note(line: string): void;
}

export const silentProgress = (signal: AbortSignal = new AbortController().signal): Progress => ({
  signal,
  step: () => {},
  note: () => {},
});
