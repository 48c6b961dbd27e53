/// <reference path="./novnc.d.ts" />

import { BrowserVmError, CLIPBOARD_LIMITS, clipboardBytes } from "@browservm/contract";
import type RFB from "@novnc/novnc";
import type { RawChannel } from "@novnc/novnc";
import { KeyboardInput } from "../viewer/keyboard/keyboard-input.ts";
import type { ImageWays } from "../viewer/keyboard/paste-key.ts";
import { TextPaster } from "../viewer/keyboard/text-paster.ts";
import { type DropReason, dropReason } from "./drop-reason.ts";

export type VncPhase =
  /** With why it has to connect again, if it does. */
  | { readonly is: "connecting"; readonly reason: DropReason | null }
  | { readonly is: "live" }
  /** Gone, and tried again at `retryAt` (milliseconds since the epoch). */
  | { readonly is: "waiting"; readonly retryAt: number; readonly reason: DropReason }
  /** Gone, and not tried again unless the reader asks for it. */
  | { readonly is: "over"; readonly reason: DropReason };

export interface VncOptions {
  readonly target: HTMLElement;
  readonly url: string;
  /** What noVNC talks through instead of the bare connection. */
  readonly wrap: (socket: WebSocket) => RawChannel;
  readonly onPhase: (phase: VncPhase) => void;
  /** Text that was copied in the VM, bounded. */
  readonly onClipboard: (text: string) => void;
  /** The VM's clipboard takes nothing: what no keyboard has is typed all the same. */
  readonly isClosed?: boolean | undefined;
  /** For images of the reader's clipboard. */
  readonly images?: Omit<ImageWays, "hold"> | undefined;
}

/** Before each further try. */
const WAITS_MS = [500, 1000, 2000, 4000, 8000] as const;
const LONGEST_WAIT_MS = 15_000;
/** Of characters that are typed at once: each is two keys. */
const MAX_TYPED = 16_384;

/** The display of one VM in one element: connects, connects again, and says why it had to. */
export class VncConnection {
  readonly #options: VncOptions;
  readonly #ends = new AbortController();
  readonly #keyboard: KeyboardInput;
  readonly #paster = new TextPaster(() => this.#listener());
  #rfb: RFB | null = null;
  /** The newest that has shown the display. */
  #live: RFB | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  /** Of connecting: while noVNC is loaded, another may begin. */
  #turn = 0;
  #lastReason: DropReason | null = null;
  #isClosed = false;
  #isWatching = false;

  constructor(options: VncOptions) {
    this.#options = options;
    const { images } = options;
    this.#keyboard = new KeyboardInput({
      target: options.target,
      send: (key) => this.#paster.send(key),
      ...(options.isClosed ? {} : { paste: (text: string) => this.#paster.paste(text) }),
      ...(images && !options.isClosed ? { images: imageWays(images, this.#paster) } : {}),
    });
    addEventListener("online", () => this.#networkChanged(), { signal: this.#ends.signal });
    void this.#connect(null);
  }

  retryNow(): void {
    void this.#connect(this.#lastReason);
  }

  close(): void {
    this.#isClosed = true;
    this.#ends.abort();
    clearTimeout(this.#timer);
    this.#keyboard.close();
    this.#paster.close();
    this.#rfb?.disconnect();
    this.#rfb = null;
  }

  /** While somebody else has the control, no key, click or text of ours is sent. */
  watch(isWatching: boolean): void {
    // afterwards nothing could be let go
    if (isWatching) this.#paster.letGo();
    this.#isWatching = isWatching;
    if (this.#rfb && this.#rfb.viewOnly !== isWatching) this.#rfb.viewOnly = isWatching;
  }

  focus(): void {
    this.#keyboard.focus();
  }

  /** Whether a click or a tap on the display gives it the keyboard. */
  set focusOnClick(isOn: boolean) {
    this.#keyboard.focusOnClick = isOn;
  }

  /** One key, by its X11 keysym, down or up. */
  press(keysym: number, isDown: boolean): void {
    this.#paster.send({ keysym, code: null, isDown });
  }

  /** Puts a text on the VM's clipboard. CLIPBOARD_TOO_LARGE. */
  paste(text: string): void {
    const limitBytes = CLIPBOARD_LIMITS.textBytes;
    if (clipboardBytes(text) > limitBytes)
      throw new BrowserVmError("CLIPBOARD_TOO_LARGE", `the text has more than ${limitBytes / 1024} KiB`, {
        limitBytes,
      });
    this.#rfb?.clipboardPasteFrom(text);
  }

  /** Types a text key by key, for readers without a keyboard and pages that refuse pasting. CLIPBOARD_TOO_LARGE. */
  type(text: string): void {
    if (text.length > MAX_TYPED)
      throw new BrowserVmError("CLIPBOARD_TOO_LARGE", `more than ${MAX_TYPED} characters are not typed`);
    this.#keyboard.type(text);
  }

  /** In the place of what there is. */
  async #connect(reason: DropReason | null): Promise<void> {
    clearTimeout(this.#timer);
    const before = this.#rfb;
    this.#rfb = null;
    before?.disconnect();
    const turn = ++this.#turn;
    this.#options.onPhase({ is: "connecting", reason });
    // noVNC touches `window` when it is loaded, so the server must never load it
    const novnc = await import("@novnc/novnc").catch(() => null);
    if (this.#isClosed || turn !== this.#turn) return;
    if (novnc === null) return this.#dropped(dropReason({ code: 1006, reason: "", wasLive: false }));
    const socket = new WebSocket(this.#options.url);
    let wasLive = false;
    let refused: string | null = null;
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#rfb === rfb)
        this.#dropped(
          dropReason({ code: refused === null ? code : 1008, reason: refused ?? reason, wasLive }),
        );
    });
    const rfb = new novnc.default(this.#options.target, this.#options.wrap(socket), { shared: true });
    this.#rfb = rfb;
    rfb.scaleViewport = true;
    rfb.focusOnClick = false; // our own field hears the keys
    if (this.#isWatching) rfb.viewOnly = true;
    rfb.background = "transparent";
    rfb.addEventListener("connect", () => {
      wasLive = true;
      this.#live = rfb;
      this.#attempt = 0;
      this.#options.onPhase({ is: "live" });
    });
    rfb.addEventListener("securityfailure", ({ detail }) => {
      refused = detail.reason ?? "The display wants a password that this page does not have.";
    });
    rfb.addEventListener("clipboard", ({ detail }) =>
      this.#options.onClipboard(detail.text.slice(0, CLIPBOARD_LIMITS.textBytes)),
    );
  }

  /** noVNC leaves out keys and texts before it is connected, and while it only looks, and does not say so. */
  #listener(): RFB | null {
    return this.#live === this.#rfb && !this.#isWatching ? this.#rfb : null;
  }

  /** RFB has no ping that would tell whether a connection outlived a change of the network: a new one costs little. */
  #networkChanged(): void {
    if (this.#rfb === null && this.#lastReason?.comesBack !== undefined) return;
    void this.#connect(dropReason({ code: 1006, reason: "", wasLive: true }));
  }

  #dropped(reason: DropReason): void {
    if (this.#isClosed) return;
    this.#rfb = null;
    this.#lastReason = reason;
    if (reason.comesBack !== undefined) {
      this.#options.onPhase({ is: "over", reason });
      return;
    }
    const waitMs = WAITS_MS[this.#attempt] ?? LONGEST_WAIT_MS;
    this.#attempt += 1;
    this.#options.onPhase({ is: "waiting", retryAt: Date.now() + waitMs, reason });
    this.#timer = setTimeout(() => void this.#connect(reason), waitMs);
  }
}

const imageWays = (images: Omit<ImageWays, "hold">, paster: TextPaster): ImageWays => ({
  come: () => images.come(),
  vmCopied: () => images.vmCopied(),
  take: (data) => images.take(data),
  hold: (held) => paster.hold(held),
});
