/** The X11 keysym of a character (keysymdef.h: Latin-1 is itself, the rest is 0x01000000 + code point). */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (character === "\n") return 0xff0d;
  if (character === "\t") return 0xff09;
  return (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff) ? point : 0x01000000 + point;
}
