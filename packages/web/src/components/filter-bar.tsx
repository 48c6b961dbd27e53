import { Search } from "lucide-react";
import css from "./filter-bar.module.css";

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly words: string;
}

interface FilterBarProps<Value extends string> {
  /** What can be found by text, e.g. "Find a connection". */
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly choiceLabel: string;
  readonly choices: readonly Choice<Value>[];
  readonly choice: Value;
  readonly onChoice: (choice: Value) => void;
}

/** Narrows a list down: by text, and by one choice. */
export function FilterBar<Value extends string>(props: FilterBarProps<Value>) {
  const { label, placeholder, text, onText, choiceLabel, choices, choice, onChoice } = props;
  return (
    <search className={css.filter}>
      <label className={css.search}>
        <Search size={15} aria-hidden="true" />
        <span className="visually-hidden">{label}</span>
        <input
          type="search"
          autoComplete="off"
          placeholder={placeholder}
          value={text}
          onChange={({ target }) => onText(target.value)}
        />
      </label>
      <label className={css.choice}>
        <span className="visually-hidden">{choiceLabel}</span>
        <select
          value={choice}
          onChange={({ target }) => {
            const chosen = choices.find(({ value }) => value === target.value);
            if (chosen) onChoice(chosen.value);
          }}
        >
          {choices.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}
