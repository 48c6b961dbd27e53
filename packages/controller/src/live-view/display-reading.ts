/** What a reader of a display's bytes asks for: to see the next ones, which stay, or to let them go on, or not. */
export interface Ask {
  readonly act: "look" | "pass" | "drop";
  readonly bytes: number;
}

/** Is handed the bytes after each `look`. */
export type Reading<T = void> = Generator<Ask, T, DataView>;

export const look = (bytes: number): Ask => ({ act: "look", bytes });
export const pass = (bytes: number): Ask => ({ act: "pass", bytes });
export const drop = (bytes: number): Ask => ({ act: "drop", bytes });
