import { setTimeout as sleep } from "node:timers/promises";
import type { GuestParams } from "@browservm/contract/guest/calls";
import { beginsAsPng } from "@browservm/contract/guest/clipboard-content";
import { type ProcessName, type Running, runningChild, takeOver } from "../process/running.ts";
import { type ClipboardTool, XCLIP } from "./xclip.ts";

export interface ClipboardParts {
  /** Whether the display is up. */
  readonly isReady: () => boolean;
  /** What the agent before us has left. */
  readonly heir?: ProcessName | undefined;
  readonly tool?: ClipboardTool;
  /** How long the display may take until it gives out an image, in milliseconds. */
  readonly setMs?: number;
}

const PNG = "image/png";
/** Emulated, programs take seconds to start. */
const SET_MS = 30_000;
const LOOK_MS = 50;
const FAREWELL_MS = 2000;

/**
 * Images on the clipboard of the display. X11 asks who put something there for it each time, so one process stays and
 * answers until something else is copied, when it ends by itself. There is never a second one.
 */
export class Clipboard {
  readonly #parts: ClipboardParts;
  readonly #tool: ClipboardTool;
  #owner: Running | undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #setting: Promise<void> = Promise.resolve();

  constructor(parts: ClipboardParts) {
    this.#parts = parts;
    this.#tool = parts.tool ?? XCLIP;
    const heir = parts.heir && takeOver(parts.heir);
    if (heir) this.#follow(heir);
  }

  /** What the agent after us takes over. */
  get heir(): ProcessName | undefined {
    return this.#owner?.name;
  }

  /** One piece of an image; with the last one it is on the clipboard when this settles. */
  async put({ offset, size, data }: GuestParams<"clipboard.put">): Promise<void> {
    if (!this.#parts.isReady()) throw new Error("the display is not up");
    if (offset === 0) this.#forget();
    const image = this.#add(Buffer.from(data, "base64"), { offset, size });
    if (!image) return;
    if (!beginsAsPng(image)) throw new Error("that is no PNG image");
    // one after the other
    this.#setting = this.#setting.catch(() => {}).then(() => this.#set(image));
    await this.#setting;
  }

  /** The image, when this was its last piece. */
  #add(piece: Buffer, { offset, size }: { offset: number; size: number }): Buffer | undefined {
    const length = offset + piece.length;
    if (offset !== this.#length || piece.length === 0 || length > size) {
      this.#forget();
      throw new Error(`a piece of ${piece.length} bytes at ${offset} of ${size} is not the next one`);
    }
    this.#pieces.push(piece);
    this.#length = length;
    if (length < size) return undefined;
    const image = Buffer.concat(this.#pieces);
    this.#forget();
    return image;
  }

  #forget(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  async #set(image: Buffer): Promise<void> {
    await this.#endOwner();
    const child = this.#tool.offer(PNG);
    const owner = runningChild(child);
    this.#follow(owner);
    child.stdin?.on("error", () => {}).end(image);
    const given = new AbortController();
    try {
      await Promise.race([endedEarly(owner), this.#untilThere(image, given.signal)]);
    } catch (error) {
      await this.#endOwner();
      throw error;
    } finally {
      given.abort();
    }
  }

  /** Who asks the display's clipboard for an image is given this one. */
  async #untilThere(image: Buffer, given: AbortSignal): Promise<void> {
    const late = AbortSignal.timeout(this.#parts.setMs ?? SET_MS);
    const signal = AbortSignal.any([given, late]);
    while (!signal.aborted) {
      if (await this.#tool.has(PNG, image, signal)) return;
      await sleep(LOOK_MS);
    }
    throw new Error("the display did not take the image in time");
  }

  #follow(owner: Running): void {
    this.#owner = owner;
    void owner.ended.then(() => {
      if (this.#owner === owner) this.#owner = undefined;
    });
  }

  async #endOwner(): Promise<void> {
    const owner = this.#owner;
    if (!owner) return;
    owner.kill("SIGTERM");
    const timer = setTimeout(() => owner.kill("SIGKILL"), FAREWELL_MS);
    await owner.ended;
    clearTimeout(timer);
  }
}

async function endedEarly(owner: Running): Promise<never> {
  const { code, signal } = await owner.ended;
  throw new Error(`who offers the image ended at once: ${code ?? signal ?? "it was not started"}`);
}
