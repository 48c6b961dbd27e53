/** X11 keysyms of keys that type no character (keysymdef.h). */
export const KEYS = {
  backspace: 0xff08,
  tab: 0xff09,
  enter: 0xff0d,
  escape: 0xff1b,
  left: 0xff51,
  up: 0xff52,
  right: 0xff53,
  down: 0xff54,
  shift: 0xffe1,
  control: 0xffe3,
  alt: 0xffe9,
} as const;

/** The X11 keysym of a character (keysymdef.h: Latin-1 is itself, the rest is 0x01000000 + code point). */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (character === "\n") return KEYS.enter;
  if (character === "\t") return KEYS.tab;
  return (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff) ? point : 0x01000000 + point;
}
