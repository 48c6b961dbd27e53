/** What a terminal could obey (ECMA-48): CSI, OSC/DCS/PM/APC/SOS strings, and two-character escapes. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/** Every control character except tab, and the characters that reorder or hide text (Unicode bidi and zero width). */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of text from a guest, safe to print and to log: no escape sequences, no control characters, bounded. */
export function sanitizeLine(text: string, maxChars = 4096): string {
  // Cut first, generously: the patterns never run over more than the reader will see.
  const clean = text
    .slice(0, maxChars * 4)
    .replace(ESCAPES, "")
    .replace(CONTROLS, "");
  return clean.length <= maxChars ? clean.toWellFormed() : `${clean.slice(0, maxChars - 1).toWellFormed()}…`;
}
