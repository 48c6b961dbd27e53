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

interface CdpCall {
  readonly method: string;
  readonly params?: object;
  readonly sessionId?: string;
  readonly timeoutMs: number;
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
  readonly #onEvent: (event: CdpEvent) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  #lastId = 0;
  #closed: Error | undefined;

  constructor(pipes: { toBrowser: Writable; fromBrowser: Readable }, onEvent: (event: CdpEvent) => void) {
    this.#toBrowser = pipes.toBrowser;
    this.#onEvent = onEvent;
    pipes.fromBrowser.on("data", (bytes: Buffer) => this.#receive(bytes));
    for (const pipe of [pipes.fromBrowser, pipes.toBrowser]) {
      pipe.once("close", () => this.#close(new Error("the browser closed its pipe")));
      pipe.on("error", (error) => this.#close(error));
    }
  }

  async call(call: CdpCall): Promise<unknown> {
    if (this.#closed) throw this.#closed;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`${call.method}: no answer in time`)), call.timeoutMs);
    this.#waiting.set(id, { resolve, reject });
    const { method, params = {}, sessionId } = call;
    this.#toBrowser.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
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

  #close(error: Error): void {
    this.#closed ??= error;
    this.#chunks = [];
    for (const { reject } of this.#waiting.values()) reject(this.#closed);
    this.#waiting.clear();
    this.#toBrowser.destroy();
  }
}

function readMessage(json: string): z.infer<typeof Message> | undefined {
  try {
    return Message.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // not JSON
  }
}
