import { isOnKeyboard } from "./key-table.ts";
import { type KeyAction, KeyTranslator, type Platform } from "./key-translator.ts";
import { type ImageWays, PasteKey } from "./paste-key.ts";

export interface KeyboardInputSpec {
  /** What noVNC puts its canvas into. */
  readonly target: HTMLElement;
  /** Presses or releases a key in the VM. */
  readonly send: (action: KeyAction) => void;
  /** Puts a text that the VM's keyboard does not have where the VM's focus is; left out, it is typed all the same. */
  readonly paste?: (text: string) => void;
  /** For images; left out, what the reader's clipboard has is never looked at. */
  readonly images?: ImageWays;
}

/** So long a Control on Windows may wait for what makes it AltGr, in milliseconds. */
const UNSURE_MS = 60;
/** A click is the display's, also where the field lies: it lies where the click before was. */
const FIELD_STYLE = "position:absolute;resize:none;pointer-events:none;";
const HIDDEN_STYLE = "width:1px;height:1em;padding:0;border:0;outline:0;opacity:0;";
const COMPOSING_STYLE = "width:16em;height:1.6em;padding:0 .3em;border:1px solid;opacity:1;z-index:2;";

/**
 * The reader's keyboard for a display. Keys are heard by a text field of one pixel, for only in a field do dead keys and
 * input methods work; while something is composed the field is shown where the reader last clicked. Nothing stays
 * pressed in the VM when the field loses the focus.
 */
export class KeyboardInput {
  readonly #spec: KeyboardInputSpec;
  readonly #field: HTMLTextAreaElement;
  readonly #platform = platformOf(navigator);
  readonly #keys = new KeyTranslator(this.#platform);
  readonly #ends = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a click on the display gives it the keyboard. */
  focusOnClick = true;
  #place = { x: 0, y: 0 };
  readonly #pasteKey: PasteKey | undefined;

  constructor(spec: KeyboardInputSpec) {
    this.#spec = spec;
    const { images } = spec;
    const isMac = this.#platform === "mac";
    this.#pasteKey = images && new PasteKey({ images, isMac, send: (actions) => this.#send(actions) });
    this.#field = document.createElement("textarea");
    Object.assign(this.#field, {
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: false,
      tabIndex: -1,
    });
    this.#field.setAttribute("autocorrect", "off");
    this.#field.setAttribute("aria-label", "Keyboard of the VM");
    this.#show(false);
    this.#listen();
    spec.target.append(this.#field);
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
  }

  /** Types a text. */
  type(text: string): void {
    const { paste } = this.#spec;
    if (paste && !isOnKeyboard(text)) paste(text.normalize("NFC"));
    else this.#send(this.#keys.type(text));
  }

  close(): void {
    this.#release();
    this.#ends.abort();
    this.#field.remove();
  }

  #listen(): void {
    const field = this.#field;
    const options = { signal: this.#ends.signal };
    for (const type of ["keydown", "keyup"] as const)
      field.addEventListener(type, (event) => this.#key(event), options);
    field.addEventListener("compositionstart", () => this.#show(true), options);
    field.addEventListener("compositionend", ({ data }) => this.#commit(data), options);
    field.addEventListener("input", (event) => this.#input(event as InputEvent), options);
    field.addEventListener("paste", (event) => this.#paste(event), options);
    field.addEventListener("focus", () => this.#spec.images?.come(), options);
    field.addEventListener("blur", () => this.#release(), options);
    addEventListener("blur", () => this.#release(), options);
    document.addEventListener("visibilitychange", () => document.hidden && this.#release(), options);
    this.#spec.target.addEventListener("pointerdown", (event) => this.#pointer(event), options);
    // noVNC gives the focus to its canvas on a click
    this.#spec.target.addEventListener("focusin", ({ target }) => target !== field && this.focus(), options);
  }

  #key(event: KeyboardEvent): void {
    const actions = this.#keys.take(event);
    this.#send(this.#keys.takeDue());
    if (!actions) return; // the reader's system makes a text of it
    event.stopPropagation();
    clearTimeout(this.#timer);
    if (this.#pasteKey?.takes(event, actions)) return;
    event.preventDefault();
    this.#send(actions);
    if (this.#keys.isUnsure) this.#timer = setTimeout(() => this.#send(this.#keys.settle()), UNSURE_MS);
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault(); // the field stays empty
    this.#pasteKey?.pasted(event.clipboardData);
  }

  #commit(text: string): void {
    this.#show(false);
    this.type(text);
    this.#field.value = "";
  }

  /** Text without a composition: of a dead key, an emoji picker, dictation. */
  #input({ isComposing, inputType, data }: InputEvent): void {
    // what a composition made is told by its end
    if (isComposing || inputType.includes("Composition")) return;
    if (inputType === "insertText" && data !== null) this.type(data);
    this.#field.value = "";
  }

  #pointer({ pointerType, clientX, clientY }: PointerEvent): void {
    const { left, top } = this.#spec.target.getBoundingClientRect();
    this.#place = { x: clientX - left, y: clientY - top };
    if (this.focusOnClick && pointerType !== "touch") this.focus();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#show(false);
    this.#field.value = "";
    this.#send(this.#keys.release());
  }

  #show(isComposing: boolean): void {
    const { x, y } = this.#place;
    const look = isComposing ? COMPOSING_STYLE : HIDDEN_STYLE;
    this.#field.style.cssText = `${FIELD_STYLE}${look}left:${x}px;top:${y}px`;
  }

  #send(actions: readonly KeyAction[]): void {
    for (const action of actions) this.#spec.send(action);
  }
}

function platformOf({ platform }: Pick<Navigator, "platform">): Platform {
  if (/^(Mac|iP)/.test(platform)) return "mac";
  return platform.startsWith("Win") ? "windows" : "other";
}
