import { Socket } from "node:net";
import { BrowserVmError } from "@browservm/contract";
import type { z } from "zod";
import { connectUnix, sendWithDescriptor } from "../../linux/unix-socket.ts";
import { Nothing, QmpMessage } from "./qmp-message.ts";

const ANSWER_MS = 10_000;
/** QEMU's longest answers (schemas, which we never ask for) are far below. */
const MAX_LINE_CHARS = 4 * 1024 * 1024;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One connection to QEMU's monitor. QEMU serves one client at a time: only hostd connects. */
export class QmpClient {
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #greeted = Promise.withResolvers<void>();
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #text = "";

  /** Connects and negotiates. Fails when nobody listens, or none answers before `signal` ends. */
  static async connect(path: string, signal: AbortSignal): Promise<QmpClient> {
    const client = new QmpClient(connectUnix(path));
    const abort = () => client.close();
    signal.addEventListener("abort", abort);
    try {
      await client.#greeted.promise;
      await client.execute("qmp_capabilities", {}, Nothing);
      return client;
    } catch (error) {
      client.close();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  private constructor(fd: number) {
    // The socket owns the descriptor; it is known here, too, for Node cannot pass descriptors.
    const socket = new Socket({ fd });
    this.#fd = fd;
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#receive(chunk));
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#failAll(failure ?? new BrowserVmError("VMM_DIED", "QEMU closed its monitor"));
        resolve();
      });
    });
    this.#greeted.promise.catch(() => {}); // `connect` awaits it; a later failure has no reader
  }

  /** One command and its answer. VMM_PROTOCOL (refused or unexpected), DEADLINE_EXCEEDED, VMM_DIED. */
  execute<T extends z.ZodType>(command: string, args: object, answer: T): Promise<z.output<T>> {
    return this.#ask(command, args, answer, (line) => this.#socket.write(line));
  }

  /** The same for a command that takes a descriptor of ours (`getfd`, `add-fd`); QEMU has one of its own then. */
  executeWith<T extends z.ZodType>(
    fd: number,
    command: string,
    args: object,
    answer: T,
  ): Promise<z.output<T>> {
    return this.#ask(command, args, answer, (line) => {
      // Commands are small, and each is answered before the next: none waits to be written.
      if (this.#socket.writableLength > 0) throw new Error("a QMP command waits to be written");
      sendWithDescriptor(this.#fd, Buffer.from(line), fd);
    });
  }

  async #ask<T extends z.ZodType>(
    command: string,
    args: object,
    answer: T,
    send: (line: string) => void,
  ): Promise<z.output<T>> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const late = setTimeout(() => {
      reject(new BrowserVmError("DEADLINE_EXCEEDED", `QEMU did not answer ${command}`, { command }));
    }, ANSWER_MS);
    this.#waiting.set(id, { resolve, reject });
    try {
      if (!this.isOpen) throw new BrowserVmError("VMM_DIED", "QEMU closed its monitor");
      send(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      const parsed = answer.safeParse(await promise);
      if (parsed.success) return parsed.data;
      throw new BrowserVmError("VMM_PROTOCOL", `QEMU's answer to ${command} is not as documented`, {
        command,
      });
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#text += chunk;
    const lines = this.#text.split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) this.#onLine(line);
    if (this.#text.length > MAX_LINE_CHARS) this.#socket.destroy(protocolError("a line without an end"));
  }

  #onLine(line: string): void {
    const message = parseLine(line);
    if (!message) this.#socket.destroy(protocolError(line.slice(0, 200)));
    else if ("QMP" in message) this.#greeted.resolve();
    else if ("return" in message) this.#waiting.get(Number(message.id))?.resolve(message.return);
    else if ("error" in message) {
      this.#waiting.get(Number(message.id))?.reject(protocolError(message.error.desc));
    }
    // Events are not needed: states are asked for, and the process itself tells its end.
  }

  #failAll(error: Error): void {
    this.#greeted.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

const protocolError = (words: string) => new BrowserVmError("VMM_PROTOCOL", `QEMU: ${words}`);

function parseLine(line: string): QmpMessage | undefined {
  try {
    return QmpMessage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON: the caller closes the connection
  }
}
