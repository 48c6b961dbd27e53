"use client";
import { type ReactNode, useState } from "react";
import { type Choice, FilterBar } from "./filter-bar.tsx";
import css from "./page.module.css";

/** The words of a filter; one of its choices is for all. */
export interface Filter<Value extends string> {
  readonly label: string;
  readonly placeholder: string;
  readonly choiceLabel: string;
  readonly choices: readonly Choice<Value>[];
}

interface NarrowedListProps<Item, Value extends string> {
  readonly items: readonly Item[];
  readonly find: (
    items: readonly Item[],
    lookedFor: { readonly text: string; readonly choice: Value | "all" },
  ) => readonly Item[];
  readonly filter: Filter<Value | "all">;
  /** What is said when nothing fits. */
  readonly none: string;
  readonly children: (shown: readonly Item[]) => ReactNode;
  /** How many are shown, or the way to more of them. */
  readonly foot?: (shown: readonly Item[]) => ReactNode;
}

/** A list that is there, narrowed down by what is looked for. */
export function NarrowedList<Item, Value extends string>(props: NarrowedListProps<Item, Value>) {
  const { items, find, filter, none, children, foot } = props;
  const [text, setText] = useState("");
  const [choice, setChoice] = useState<Value | "all">("all");
  const shown = find(items, { text, choice });
  return (
    <>
      <FilterBar {...filter} text={text} onText={setText} choice={choice} onChoice={setChoice} />
      {shown.length === 0 ? <p className={css.none}>{none}</p> : children(shown)}
      {foot?.(shown)}
    </>
  );
}
