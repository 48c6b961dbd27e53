import css from "./tone-pill.module.css";

export type Tone = "ok" | "busy" | "warn" | "bad" | "quiet";

/** A state as a word, with a dot whose colour only repeats it. */
export function TonePill({ tone, words, title }: { tone: Tone; words: string; title?: string }) {
  return (
    <span className={css.pill} data-tone={tone} title={title}>
      <span className={css.dot} aria-hidden="true" />
      {words}
    </span>
  );
}
