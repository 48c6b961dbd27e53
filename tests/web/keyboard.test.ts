import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GuestDisplay } from "./guest-display.ts";
import { SOON } from "./sharing-fixture.ts";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
let guest: GuestDisplay;
let keys: CDPSession;
beforeAll(async () => {
  guest = await GuestDisplay.start();
}, 60_000);
afterAll(() => guest?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await guest.clear();
  web.api.takeDisplay = (ws) => guest.take(ws);
  await web.signIn();
  const { session } = web.api.seed();
  await web.page.goto(`${web.url}/sessions/${session.id}`);
  await web.page.getByText("Live", { exact: true }).waitFor();
  await web.page.getByTestId("display").click({ position: { x: 200, y: 200 } });
  keys = await web.page.context().newCDPSession(web.page);
});

/** One key of the reader's, as their layout names it. */
interface Key {
  readonly key: string;
  readonly code: string;
  /** 1 Alt, 2 Control, 8 Shift. */
  readonly modifiers?: number;
  readonly location?: number;
}
const say = (type: "rawKeyDown" | "keyUp", { key, code, modifiers = 0, location = 0 }: Key) =>
  keys.send("Input.dispatchKeyEvent", { type, key, code, modifiers, location });
async function press(...all: readonly Key[]): Promise<void> {
  for (const one of all) {
    await say("rawKeyDown", one);
    await say("keyUp", one);
  }
}
async function held(holder: Key, ...all: readonly Key[]): Promise<void> {
  await say("rawKeyDown", holder);
  await press(...all);
  await say("keyUp", { ...holder, modifiers: 0 });
}
const SHIFT = { key: "Shift", code: "ShiftLeft", modifiers: 8, location: 1 };
const ALTGR = { key: "AltGraph", code: "AltRight", location: 2 };
const CONTROL = { key: "Control", code: "ControlLeft", modifiers: 2, location: 1 };
const key = (key: string, code: string, modifiers = 0): Key => ({ key, code, modifiers });
const becomes = (text: string) => expect.poll(() => guest.written(), SOON).toBe(text);

describe("a browser on the VM's own display, whose layout is US, reads", () => {
  test("what the layouts US, DE, FR and JP write, with Shift and AltGr", async () => {
    await press(
      key("a", "KeyA"),
      key("\\", "Backslash"),
      key("z", "KeyY"),
      key("ü", "BracketLeft"),
      key("ß", "Minus"),
    );
    await held(
      SHIFT,
      key("A", "KeyA", 8),
      key("!", "Digit1", 8),
      key("?", "Minus", 8),
      key("/", "Digit7", 8),
    );
    await press(key("<", "IntlBackslash"), key("é", "Digit2"), key("ç", "Digit9"), key("&", "Digit1"));
    await held(SHIFT, key(">", "IntlBackslash", 8), key("Ü", "BracketLeft", 8), key("2", "Digit2", 8));
    await held(
      ALTGR,
      key("@", "KeyQ"),
      key("€", "KeyE"),
      key("{", "Digit7"),
      key("\\", "Minus"),
      key("|", "IntlBackslash"),
    );
    await press(key("¥", "IntlYen"), key("^", "Equal"), key("@", "BracketLeft"));
    await becomes("a\\züßA!?/<éç&>Ü2@€{\\|¥^@");
  });

  test("dead keys and an input method once, when they are finished, and nothing of them before", async () => {
    await say("rawKeyDown", key("Dead", "Equal"));
    await say("keyUp", key("Dead", "Equal"));
    await keys.send("Input.insertText", { text: "é" });
    await becomes("é");
    await keys.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
    await keys.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
    await web.page.getByLabel("Keyboard of the VM").waitFor();
    expect(await web.page.getByLabel("Keyboard of the VM").inputValue()).toBe("にほん");
    expect(await guest.written()).toBe("é");
    await keys.send("Input.insertText", { text: "日本" });
    await press(key("x", "KeyX"));
    await becomes("é日本x");
    expect(await web.page.getByLabel("Keyboard of the VM").inputValue()).toBe("");
  });

  test("keys that edit, move and repeat, and Control with a letter of another script", async () => {
    await press(key("a", "KeyA"), key("b", "KeyB"), key("c", "KeyC"), key("ArrowLeft", "ArrowLeft"));
    await press(key("Backspace", "Backspace"), key("Home", "Home"), key("Enter", "Enter"));
    for (let time = 0; time < 3; time += 1) await say("rawKeyDown", key("r", "KeyR"));
    await say("keyUp", key("r", "KeyR"));
    await becomes("\nrrrac");
    await held(CONTROL, key("ф", "KeyA", 2));
    await press(key("Delete", "Delete"));
    await becomes("");
  });

  test("no Shift that was held when the reader turned elsewhere", async () => {
    await say("rawKeyDown", SHIFT);
    await web.page.getByRole("button", { name: /has your keyboard/ }).focus();
    await web.page.getByTestId("display").click({ position: { x: 200, y: 200 } });
    await press(key("1", "Digit1"));
    await becomes("1");
    expect(web.complaints).toEqual([]);
  });
});
