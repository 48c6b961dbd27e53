import type { Readable, Writable } from "node:stream";
import * as z from "zod";

const Message = z.object({
  id: z.int().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  sessionId: z.string().optional(),
});

export interface CdpEvent {
  readonly method: string;
  readonly params: unknown;
  readonly sessionId?: string | undefined;
}

export interface CdpCall {
  readonly method: string;
  readonly params?: object;
  readonly sessionId?: string;
  readonly timeoutMs: number;
}

export interface CdpPipeOptions {
  /**
   * True: another agent spoke on these pipes before us. What it had read the beginning of begins torn for us, and
   * answers to its calls may come.
   */
  readonly isInherited?: boolean;
}

const NUL = 0;
const MAX_MESSAGE_BYTES = 8 * 1_048_576;

/**
 * The Chrome DevTools Protocol over `--remote-debugging-pipe`: JSON messages, each ended by a NUL. No TCP port is
 * opened, so no page and no program in the VM can reach it.
 */
export class CdpPipe {
  readonly #toBrowser: Writable;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #fromBrowser: Readable;
  readonly #onEvent: (event: CdpEvent) => void;
  #mayBeTorn: boolean;
  #chunks: Buffer[] = [];
  #size = 0;
  #lastId: number;
  #closed: Error | undefined;
  #hasLeft = false;

  constructor(
    pipes: { toBrowser: Writable; fromBrowser: Readable },
    onEvent: (event: CdpEvent) => void,
    { isInherited = false }: CdpPipeOptions = {},
  ) {
    this.#toBrowser = pipes.toBrowser;
    this.#fromBrowser = pipes.fromBrowser;
    this.#onEvent = onEvent;
    this.#mayBeTorn = isInherited;
    // Numbers that the agent before us has hardly used; Chromium takes 31 bits.
    this.#lastId = isInherited ? 1000 * Math.floor(Math.random() * 2_000_000) : 0;
    pipes.fromBrowser.on("data", (bytes: Buffer) => this.#receive(bytes));
    for (const pipe of [pipes.fromBrowser, pipes.toBrowser]) {
      pipe.once("close", () => this.#close(new Error("the browser closed its pipe")));
      pipe.on("error", (error) => this.#close(error));
    }
  }

  async call(call: CdpCall): Promise<unknown> {
    if (this.#closed) throw this.#closed;
    this.#lastId += 1;
    const answer = this.answerTo(this.#lastId, call);
    this.#write(this.#lastId, call);
    return answer;
  }

  /** Asks, and leaves: nothing is read from now on, and the answer to this number is for the agent after us. */
  async askAndLeave(call: Omit<CdpCall, "timeoutMs">): Promise<number> {
    if (this.#closed) throw this.#closed;
    this.#lastId += 1;
    const id = this.#lastId;
    const taken = Promise.withResolvers<void>();
    this.#write(id, call, () => taken.resolve());
    this.leave();
    await taken.promise;
    return id;
  }

  /** Reads no more. Whole messages that were not read wait in the pipe. */
  leave(): void {
    this.#hasLeft = true;
    this.#fail(new Error("another agent speaks to the browser now"));
    this.#fromBrowser.destroy();
  }

  /** Ends it for all who wait: a pipe in the file system does not end with the browser. */
  close(why: string): void {
    this.#close(new Error(why));
  }

  /** The answer to a call of this number, made here or by the agent before us. */
  async answerTo(id: number, { method, timeoutMs }: Pick<CdpCall, "method" | "timeoutMs">): Promise<unknown> {
    if (this.#closed) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`${method}: no answer in time`)), timeoutMs);
    this.#waiting.set(id, { resolve, reject });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #write(id: number, call: Omit<CdpCall, "timeoutMs">, onTaken?: () => void): void {
    const { method, params = {}, sessionId } = call;
    const message = JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) });
    this.#toBrowser.write(`${message}\0`, onTaken);
  }

  #receive(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(NUL); end !== -1; end = bytes.indexOf(NUL, from)) {
      this.#append(bytes.subarray(from, end));
      from = end + 1;
      const message = Buffer.concat(this.#chunks);
      this.#chunks = [];
      this.#size = 0;
      if (message.length > 0) this.#onMessage(message.toString("utf8"));
    }
    this.#append(bytes.subarray(from));
  }

  #append(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > MAX_MESSAGE_BYTES) this.#close(new Error("the browser sent too long a message"));
    else if (piece.length > 0 && !this.#closed) this.#chunks.push(piece);
  }

  #onMessage(json: string): void {
    const message = readMessage(json);
    const isTorn = this.#mayBeTorn && !message;
    this.#mayBeTorn = false;
    if (isTorn) return;
    if (!message) this.#close(new Error("the browser sent something that is not a CDP message"));
    else this.#take(message);
  }

  #take(message: z.infer<typeof Message>): void {
    if (message.id === undefined) {
      const { method = "", params, sessionId } = message;
      this.#onEvent({ method, params, sessionId });
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (message.error) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result);
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    this.#chunks = [];
    for (const { reject } of this.#waiting.values()) reject(this.#closed);
    this.#waiting.clear();
  }

  #close(error: Error): void {
    if (this.#hasLeft) return; // what was asked last may still be on its way
    this.#fail(error);
    this.#toBrowser.destroy();
    this.#fromBrowser.destroy();
  }
}

function readMessage(json: string): z.infer<typeof Message> | undefined {
  try {
    return Message.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // not JSON
  }
}
