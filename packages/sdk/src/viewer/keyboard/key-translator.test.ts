import { describe, expect, test } from "vitest";
import { type KeyAction, type KeyStroke, KeyTranslator, type Platform } from "./key-translator.ts";

type Part = Partial<KeyStroke>;
const stroke = (type: string, key: string, code: string, part: Part = {}): KeyStroke => ({
  type,
  key,
  code,
  keyCode: 0,
  location: code.endsWith("Right") ? 2 : code.startsWith("Numpad") ? 3 : 0,
  isComposing: false,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  timeStamp: 0,
  ...part,
});
const down = (key: string, code: string, part?: Part) => stroke("keydown", key, code, part);
const up = (key: string, code: string, part?: Part) => stroke("keyup", key, code, part);
const press = (key: string, code: string, part?: Part) => [down(key, code, part), up(key, code, part)];

/** `+a` is down, `-a` up; what is no printable character by its number. */
const word = ({ keysym, isDown }: KeyAction): string => {
  const point = keysym >= 0x01000000 ? keysym - 0x01000000 : keysym;
  const isPrintable =
    (point > 0x20 && point < 0x7f) || (point >= 0xa0 && keysym < 0x100) || keysym >= 0x01000000;
  return (isDown ? "+" : "-") + (isPrintable ? String.fromCodePoint(point) : point.toString(16));
};
function play(platform: Platform, strokes: readonly KeyStroke[]): string {
  const keys = new KeyTranslator(platform);
  return strokes
    .flatMap((one) => keys.take(one) ?? [])
    .map(word)
    .join(" ");
}
/** What a program in the VM reads. */
const typed = (platform: Platform, strokes: readonly KeyStroke[]): string =>
  (play(platform, strokes).match(/\+(\S)(?= |$)/gu) ?? []).map((one) => one.slice(1)).join("");
const SHIFT = { shiftKey: true };

describe("characters are those of the reader's layout", () => {
  test.each<[string, string, KeyStroke[]]>([
    [
      "US",
      "aA1!\\|",
      [
        ...press("a", "KeyA"),
        ...press("A", "KeyA", SHIFT),
        ...press("1", "Digit1"),
        ...press("!", "Digit1", SHIFT),
        ...press("\\", "Backslash"),
        ...press("|", "Backslash", SHIFT),
      ],
    ],
    [
      "DE",
      "zyüß?/<>",
      [
        ...press("z", "KeyY"),
        ...press("y", "KeyZ"),
        ...press("ü", "BracketLeft"),
        ...press("ß", "Minus"),
        ...press("?", "Minus", SHIFT),
        ...press("/", "Digit7", SHIFT),
        ...press("<", "IntlBackslash"),
        ...press(">", "IntlBackslash", SHIFT),
      ],
    ],
    [
      "FR",
      "aq&1éèçà§",
      [
        ...press("a", "KeyQ"),
        ...press("q", "KeyA"),
        ...press("&", "Digit1"),
        ...press("1", "Digit1", SHIFT),
        ...press("é", "Digit2"),
        ...press("è", "Digit7"),
        ...press("ç", "Digit9"),
        ...press("à", "Digit0"),
        ...press("§", "Slash"),
      ],
    ],
    [
      "JP",
      "@[:^¥_ろ",
      [
        ...press("@", "BracketLeft"),
        ...press("[", "BracketRight"),
        ...press(":", "Quote"),
        ...press("^", "Equal"),
        ...press("¥", "IntlYen"),
        ...press("_", "IntlRo", SHIFT),
        ...press("ろ", "IntlRo"),
      ],
    ],
  ])("%s: %s", (_, characters, strokes) => {
    expect(typed("other", strokes)).toBe(characters);
  });

  test("AltGr is the reader's: on Linux it is a key of its own", () => {
    const strokes = [
      down("AltGraph", "AltRight"),
      ...press("@", "KeyQ"),
      ...press("€", "KeyE"),
      ...press("{", "Digit7"),
      up("AltGraph", "AltRight"),
      ...press("q", "KeyQ"),
    ];
    expect(play("other", strokes)).toBe("+@ -@ +€ -€ +{ -{ +q -q");
  });

  test("on Windows it is a Control and an Alt, of which neither is sent", () => {
    const both = { ctrlKey: true, altKey: true };
    for (const name of ["AltGraph", "Alt"]) {
      const strokes = [
        down("Control", "ControlLeft", { ctrlKey: true, timeStamp: 100 }),
        down(name, "AltRight", { ...both, timeStamp: 101 }),
        ...press("@", "KeyQ", both),
        up("Control", "ControlLeft"),
        up(name, "AltRight"),
      ];
      expect(play("windows", strokes)).toBe("+@ -@");
    }
  });

  test("a Control on Windows that stays one is sent before the next key, or soon", () => {
    const control = down("Control", "ControlLeft", { ctrlKey: true });
    const c = { ctrlKey: true, timeStamp: 20 };
    expect(play("windows", [control, ...press("c", "KeyC", c), up("Control", "ControlLeft")])).toBe(
      "+ffe3 +c -c -ffe3",
    );
    expect(play("windows", [control, up("Control", "ControlLeft")])).toBe("+ffe3 -ffe3");
    const keys = new KeyTranslator("windows");
    expect([keys.take(control), keys.isUnsure]).toEqual([[], true]);
    expect([keys.settle().map(word), keys.isUnsure, keys.settle()]).toEqual([["+ffe3"], false, []]);
    const late = down("Alt", "AltRight", { ctrlKey: true, altKey: true, timeStamp: 80 });
    expect(play("windows", [control, late])).toBe("+ffe3 +ffea");
  });

  test("Option on macOS chooses characters", () => {
    const option = { altKey: true };
    const strokes = [down("Alt", "AltLeft", option), ...press("@", "KeyL", option), up("Alt", "AltLeft")];
    expect(play("mac", strokes)).toBe("+@ -@");
  });

  test("beyond the first plane they are one key", () => {
    expect(play("other", press("😀", "KeyA"))).toBe("+😀 -😀");
  });
});

describe("dead keys and input methods", () => {
  test.each(["Dead", "Process"])("%s is left to the reader's system, its key-up too", (key) => {
    const keys = new KeyTranslator("other");
    expect(keys.take(down(key, "Equal"))).toBeUndefined();
    expect(keys.take(up(key, "Equal"))).toBeUndefined();
    expect(keys.take(down("e", "KeyE", { keyCode: 229 }))).toBeUndefined();
    expect(keys.take(down("e", "KeyE", { isComposing: true }))).toBeUndefined();
    expect(keys.take(up("e", "KeyE"))).toBeUndefined();
    expect(keys.release()).toEqual([]);
  });

  test("Windows and macOS say the finished character with the second key", () => {
    expect(typed("windows", [down("Dead", "Equal"), up("Dead", "Equal"), ...press("é", "KeyE")])).toBe("é");
  });

  test("what was made is typed character by character, composed", () => {
    const keys = new KeyTranslator("other");
    expect(keys.type("日本").map(word)).toEqual(["+日", "-日", "+本", "-本"]);
    expect(keys.type("e\u0301").map(word)).toEqual(["+é", "-é"]);
    expect(keys.type("\r").map(word)).toEqual(["+ff0d", "-ff0d"]);
    expect(keys.type("a\r\nb\t").map(word)).toEqual([
      "+a",
      "-a",
      "+ff0d",
      "-ff0d",
      "+b",
      "-b",
      "+ff09",
      "-ff09",
    ]);
  });

  test("a Shift that is held when a composition begins is let go when it is", () => {
    const strokes = [
      down("Shift", "ShiftLeft", SHIFT),
      down("Dead", "Equal", SHIFT),
      up("Shift", "ShiftLeft"),
      ...press("e", "KeyE"),
    ];
    expect(play("other", strokes)).toBe("+ffe1 -ffe1 +e -e");
  });

  test("a modifier whose key-up went elsewhere is let go with a dead key, which stays the system's", () => {
    const keys = new KeyTranslator("other");
    keys.take(down("Alt", "AltLeft", { altKey: true }));
    expect(keys.take(down("Dead", "Equal"))).toBeUndefined();
    expect([keys.takeDue().map(word), keys.takeDue()]).toEqual([["-ffe9"], []]);
  });

  test("Japanese keys go to the VM; those that Windows never releases are let go at once", () => {
    const strokes = [...press("Convert", "Convert"), ...press("NonConvert", "NonConvert")];
    expect(play("other", strokes)).toBe("+ff23 -ff23 +ff22 -ff22");
    expect(play("windows", [down("KanaMode", "KanaMode"), down("Hankaku", "Backquote")])).toBe(
      "+ff27 -ff27 +ff29 -ff29",
    );
  });
});

describe("what is held", () => {
  test("repeats as what it was when it went down, though Shift came meanwhile", () => {
    const strokes = [down("a", "KeyA"), down("a", "KeyA"), down("A", "KeyA", SHIFT), up("A", "KeyA")];
    expect(play("other", strokes)).toBe("+a +a +a -a");
  });

  test("is let go when the reader turns elsewhere, and not a second time", () => {
    const keys = new KeyTranslator("other");
    for (const one of [
      down("Control", "ControlLeft", { ctrlKey: true }),
      down("c", "KeyC", { ctrlKey: true }),
    ])
      keys.take(one);
    expect(keys.release().map(word)).toEqual(["-ffe3", "-c"]);
    expect(keys.take(up("c", "KeyC"))).toBeUndefined();
    expect(keys.release()).toEqual([]);
  });

  test("is let go with the next key when its key-up went elsewhere (Alt+Tab)", () => {
    const strokes = [down("Alt", "AltLeft", { altKey: true }), ...press("a", "KeyA")];
    expect(play("other", strokes)).toBe("+ffe9 -ffe9 +a -a");
  });

  test("left and right are two keys", () => {
    const strokes = [
      down("Shift", "ShiftLeft", SHIFT),
      down("Shift", "ShiftRight", SHIFT),
      up("Shift", "ShiftLeft", SHIFT),
      up("Shift", "ShiftRight"),
    ];
    expect(play("other", strokes)).toBe("+ffe1 +ffe2 -ffe1 -ffe2");
  });

  test("locks stay on the reader's side, their letters come as they are", () => {
    const strokes = [...press("CapsLock", "CapsLock"), ...press("A", "KeyA"), ...press("NumLock", "NumLock")];
    expect(play("other", strokes)).toBe("+A -A");
  });

  test("a key that nobody knows, and one without a place, hold nothing", () => {
    const keys = new KeyTranslator("other");
    expect(keys.take(down("Unidentified", "F99"))).toEqual([]);
    expect(keys.take(down("x", ""))?.map(word)).toEqual(["+x", "-x"]);
    expect(keys.release()).toEqual([]);
  });
});

describe("shortcuts", () => {
  test("Command on macOS is Control in the VM; keys with it are let go at once, for their key-up never comes", () => {
    const meta = { metaKey: true };
    const strokes = [
      down("Meta", "MetaLeft", meta),
      down("c", "KeyC", meta),
      down("v", "KeyV", meta),
      up("Meta", "MetaLeft"),
    ];
    expect(play("mac", strokes)).toBe("+ffe3 +c -c +v -v -ffe3");
    expect(play("other", [...press("Meta", "MetaLeft", meta)])).toBe("+ffeb -ffeb");
  });

  test("with Control, other scripts are the letter of that key; without, they are themselves", () => {
    const ctrl = { ctrlKey: true };
    const strokes = [
      down("Control", "ControlLeft", ctrl),
      ...press("с", "KeyC", ctrl),
      up("Control", "ControlLeft"),
    ];
    expect(play("other", [...strokes, ...press("с", "KeyC")])).toBe("+ffe3 +c -c -ffe3 +с -с");
  });

  test("the keypad's keys and functions have their own places", () => {
    const strokes = [...press("Enter", "NumpadEnter"), ...press("Home", "Numpad7"), ...press("F12", "F12")];
    expect(play("other", strokes)).toBe("+ff8d -ff8d +ff95 -ff95 +ffc9 -ffc9");
    expect(typed("other", press("7", "Numpad7"))).toBe("7");
  });
});
