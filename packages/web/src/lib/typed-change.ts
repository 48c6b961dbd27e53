/** What was done to a text at its end. */
export interface TypedChange {
  /** How many characters went, as a reader counts them. */
  readonly erased: number;
  /** What came in their place. */
  readonly text: string;
}

const segmenter = new Intl.Segmenter();

const charactersOf = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

/**
 * How a field's text became another: on-screen keyboards tell of no keys, they only change the text; also a composition
 * does, and a correction of the word before.
 */
export function typedChange(before: string, after: string): TypedChange {
  const [old, now] = [charactersOf(before), charactersOf(after)];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  return { erased: old.length - same, text: now.slice(same).join("") };
}
