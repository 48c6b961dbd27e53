import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";

/** X11 keysyms (keysymdef.h) of keys that are no characters. */
export const KEYS = { tab: 0xff09, enter: 0xff0d, shift: 0xffe1, control: 0xffe3 } as const;

/** A person at the keyboard of a session: RFB through the controller, as the page's own viewer speaks it. */
export class Typist implements AsyncDisposable {
  readonly #ws: WebSocket;
  #heard = Buffer.alloc(0);
  /** How long it has typed, in milliseconds. */
  typedMs = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (data: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, data]);
      ws.emit("heard");
    });
  }

  /** RFC 6143, section 7.1 to 7.3. */
  static async sitDown(url: string, apiKey: string): Promise<Typist> {
    const ws = new WebSocket(url, { headers: { authorization: `Bearer ${apiKey}` } });
    const typist = new Typist(ws);
    await once(ws, "open");
    ws.send(await typist.#take(12));
    const [count = 0] = await typist.#take(1);
    await typist.#take(count);
    ws.send(Buffer.from([1]));
    await typist.#take(4);
    ws.send(Buffer.from([1]));
    const init = await typist.#take(24);
    await typist.#take(init.readUInt32BE(20));
    return typist;
  }

  async type(text: string, ...keys: readonly number[]): Promise<void> {
    const begun = performance.now();
    for (const letter of text) {
      // Of the letters that are typed here, the only one above another.
      const isShifted = letter === "@";
      if (isShifted) this.#key(KEYS.shift, true);
      await this.#press(letter.charCodeAt(0));
      if (isShifted) this.#key(KEYS.shift, false);
    }
    for (const key of keys) await this.#press(key);
    this.typedMs += performance.now() - begun;
  }

  /** What is in a field is replaced by what is typed next. */
  selectAll(): Promise<void> {
    return this.#shortcut("a");
  }

  click(x: number, y: number): void {
    for (const buttons of [0, 1, 0]) {
      const message = Buffer.from([5, buttons, 0, 0, 0, 0]);
      message.writeUInt16BE(x, 2);
      message.writeUInt16BE(y, 4);
      this.#send(message);
    }
  }

  /** What was copied is pasted. */
  paste(): Promise<void> {
    return this.#shortcut("v");
  }

  /** Gives the VM a text for its clipboard. */
  give(text: string): void {
    const head = Buffer.alloc(8);
    head.writeUInt8(6, 0);
    head.writeUInt32BE(text.length, 4);
    this.#ws.send(Buffer.concat([head, Buffer.from(text, "latin1")]));
  }

  /** Asks for the picture of the first pixels. */
  look(width: number, height: number): void {
    const message = Buffer.alloc(10);
    message.writeUInt8(3, 0);
    message.writeUInt16BE(width, 6);
    message.writeUInt16BE(height, 8);
    this.#ws.send(message);
  }

  /** All that the display has said since they sat down. */
  get heard(): Buffer {
    return this.#heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ws.terminate();
  }

  async #shortcut(letter: string): Promise<void> {
    this.#key(KEYS.control, true);
    await this.#press(letter.charCodeAt(0));
    this.#key(KEYS.control, false);
  }

  async #press(keysym: number): Promise<void> {
    this.#key(keysym, true);
    this.#key(keysym, false);
    await sleep(30);
  }

  #key(keysym: number, isDown: boolean): void {
    const message = Buffer.from([4, isDown ? 1 : 0, 0, 0, 0, 0, 0, 0]);
    message.writeUInt32BE(keysym, 4);
    this.#send(message);
  }

  /** Throws when the display has gone: what is sent then would go nowhere, and nobody would be told. */
  #send(message: Buffer): void {
    if (this.#ws.readyState !== WebSocket.OPEN) throw new Error("the display has hung up");
    this.#ws.send(message);
  }

  async #take(count: number): Promise<Buffer> {
    while (this.#heard.length < count) await once(this.#ws, "heard", { signal: AbortSignal.timeout(30_000) });
    const taken = this.#heard.subarray(0, count);
    this.#heard = this.#heard.subarray(count);
    return taken;
  }
}
