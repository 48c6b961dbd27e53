import { EXTRA_CHARACTERS } from "@browservm/contract";

/**
 * X11 keysyms (keysymdef.h, XF86keysym.h) of keys that are no characters, by what `KeyboardEvent.key` calls them (UI Events
 * KeyboardEvent key Values). Two: the left and the right one.
 */
export const NAMED_KEYS: Readonly<Record<string, number | readonly [number, number] | undefined>> = {
  Alt: [0xffe9, 0xffea],
  Control: [0xffe3, 0xffe4],
  Meta: [0xffeb, 0xffec],
  Shift: [0xffe1, 0xffe2],
  Enter: 0xff0d,
  Tab: 0xff09,
  Backspace: 0xff08,
  Delete: 0xffff,
  Insert: 0xff63,
  Escape: 0xff1b,
  Home: 0xff50,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  PageUp: 0xff55,
  PageDown: 0xff56,
  End: 0xff57,
  Clear: 0xff0b,
  ContextMenu: 0xff67,
  Pause: 0xff13,
  PrintScreen: 0xff61,
  ScrollLock: 0xff14,
  Help: 0xff6a,
  Undo: 0xff65,
  Redo: 0xff66,
  Find: 0xff68,
  Cancel: 0xff69,
  Select: 0xff60,
  // Japanese and Korean keyboards
  Convert: 0xff23,
  NonConvert: 0xff22,
  KanaMode: 0xff27,
  HiraganaKatakana: 0xff27,
  Hiragana: 0xff25,
  Katakana: 0xff26,
  Romaji: 0xff24,
  KanjiMode: 0xff21,
  Zenkaku: 0xff28,
  Hankaku: 0xff29,
  ZenkakuHankaku: 0xff2a,
  Alphanumeric: 0xff30,
  Eisu: 0xff30,
  HangulMode: 0xff31,
  HanjaMode: 0xff34,
  // what a browser does with them, the VM's does
  BrowserBack: 0x1008ff26,
  BrowserForward: 0x1008ff27,
  BrowserRefresh: 0x1008ff29,
  BrowserStop: 0x1008ff28,
  BrowserHome: 0x1008ff18,
  BrowserSearch: 0x1008ff1b,
  Copy: 0x1008ff57,
  Cut: 0x1008ff58,
  Paste: 0x1008ff6d,
  AudioVolumeDown: 0x1008ff11,
  AudioVolumeMute: 0x1008ff12,
  AudioVolumeUp: 0x1008ff13,
  MediaPlayPause: 0x1008ff14,
  MediaStop: 0x1008ff15,
  MediaTrackPrevious: 0x1008ff16,
  MediaTrackNext: 0x1008ff17,
};

/** The same on the numeric keypad, where it is another key. */
export const KEYPAD_KEYS: Readonly<Record<string, number | undefined>> = {
  Enter: 0xff8d,
  Home: 0xff95,
  ArrowLeft: 0xff96,
  ArrowUp: 0xff97,
  ArrowRight: 0xff98,
  ArrowDown: 0xff99,
  PageUp: 0xff9a,
  PageDown: 0xff9b,
  End: 0xff9c,
  Clear: 0xff9d,
  Insert: 0xff9e,
  Delete: 0xff9f,
};

/** Windows tells no release of these (they switch its own input method), so they are let go at once. */
export const NEVER_RELEASED: ReadonlySet<string> = new Set([
  "Zenkaku",
  "Hankaku",
  "Alphanumeric",
  "Katakana",
  "Hiragana",
  "Romaji",
  "KanaMode",
]);

/**
 * Locks and level shifts stay on the reader's side: characters come with what these did to them, and the VM would do it a
 * second time.
 */
export const LOCAL_KEYS: ReadonlySet<string> = new Set([
  "AltGraph",
  "CapsLock",
  "NumLock",
  "Fn",
  "FnLock",
  "Symbol",
  "SymbolLock",
]);

const F1 = 0xffbe;
const FUNCTION_KEY = /^F([1-9]|[12]\d|3[0-5])$/;

export function functionKeysym(key: string): number | undefined {
  const number = FUNCTION_KEY.exec(key)?.[1];
  return number === undefined ? undefined : F1 + Number(number) - 1;
}

const ON_KEYBOARD = new Set(EXTRA_CHARACTERS);

/** Whether the VM's keyboard has all of it from the start. */
export const isOnKeyboard = (text: string): boolean =>
  [...text.normalize("NFC")].every(
    (character) => /[\n\r\t -~]/.test(character) || ON_KEYBOARD.has(character),
  );
