import { EXTRA_CHARACTERS } from "@browservm/contract/display";

/** The keys of a US keyboard that write, by their names in XKB, with what they write alone and with Shift. */
const ROWS: readonly (readonly [name: string, from: number, plain: string, shifted: string])[] = [
  ["AE", 1, "1234567890-=", "!@#$%^&*()_+"],
  ["AD", 1, "qwertyuiop[]", "QWERTYUIOP{}"],
  ["AC", 1, "asdfghjkl;'", 'ASDFGHJKL:"'],
  ["AB", 1, "zxcvbnm,./", "ZXCVBNM<>?"],
];
const LONE_KEYS = [
  ["TLDE", "`", "~"],
  ["BKSL", "\\", "|"],
] as const;

/**
 * A US keyboard whose third and fourth levels hold the extra characters. A viewer's RFB says characters, not keys; what
 * the keymap has is pressed with the levels that it needs, and everything else would change it while somebody types.
 */
export function displayKeymap(): string {
  const keys = [
    ...ROWS.flatMap(([name, from, plain, shifted]) =>
      [...plain].map(
        (character, at) => [name + String(from + at).padStart(2, "0"), character, shifted[at] ?? ""] as const,
      ),
    ),
    ...LONE_KEYS,
  ];
  const extra = [...EXTRA_CHARACTERS];
  if (extra.length > 2 * keys.length) throw new Error("more characters than the keyboard has room for");
  const lines = keys.map(
    ([name, plain, shifted], at) =>
      `key <${name}> { type="FOUR_LEVEL", symbols[Group1]=[ ${[plain, shifted, extra[2 * at], extra[2 * at + 1]].map(symbol).join(", ")} ] };`,
  );
  return `xkb_keymap {
xkb_keycodes { include "evdev+aliases(qwerty)" };
xkb_types { include "complete" };
xkb_compat { include "complete" };
xkb_symbols { include "pc+us+inet(evdev)"
${lines.join("\n")}
};
};
`;
}

const symbol = (character: string | undefined): string =>
  character ? `U${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}` : "NoSymbol";
