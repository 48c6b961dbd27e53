import xterm from "@xterm/headless";

/** So wide that no address is broken into lines. */
export const SCREEN = { columns: 1000, rows: 50 } as const;
const SCROLLBACK = 200;
/** The control sequence by which the stand-in for a browser tells what it was to open (image/guest/open-url.sh). */
const OPENED = 7331;
const HYPERLINK = 8;

export interface ScreenParts {
  /** What a terminal answers when it is asked where its cursor is, or what it is. */
  reply(text: string): void;
  onUrl(url: string, by: "printed" | "opened"): void;
}

/** The terminal that a tool believes to sit at: what a person would see on it. */
export class Screen implements Disposable {
  readonly #terminal = new xterm.Terminal({
    cols: SCREEN.columns,
    rows: SCREEN.rows,
    scrollback: SCROLLBACK,
    allowProposedApi: true,
    // It would log to our output what it reads.
    logLevel: "off",
  });

  constructor({ reply, onUrl }: ScreenParts) {
    this.#terminal.onData(reply);
    const { parser } = this.#terminal;
    parser.registerOscHandler(OPENED, (url) => {
      onUrl(url, "opened");
      return true;
    });
    parser.registerOscHandler(HYPERLINK, (text) => {
      onUrl(text.slice(text.indexOf(";") + 1), "printed");
      return false;
    });
  }

  /** Settles when the bytes are on the screen. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  /** All that is there and what has just gone off its top, and where in that text the cursor is. */
  read(): { readonly text: string; readonly cursor: number } {
    const { active } = this.#terminal.buffer;
    const cursorLine = active.baseY + active.cursorY;
    let [text, cursor] = ["", 0];
    for (let row = 0; row < active.length; row += 1) {
      const line = active.getLine(row);
      if (row > 0 && !line?.isWrapped) text += "\n";
      if (row === cursorLine) cursor = text.length + active.cursorX;
      const isWhole = active.getLine(row + 1)?.isWrapped === true;
      text += line?.translateToString(!isWhole) ?? "";
    }
    return { text: text.trimEnd(), cursor };
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
  }
}
