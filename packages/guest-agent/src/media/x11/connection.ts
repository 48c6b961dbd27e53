import { connect, type Socket } from "node:net";
import { helloLength, helloRequest, parseHello, type Setup } from "./wire.ts";

/** Emulated and busy, a display takes seconds for a picture. */
const ANSWER_MS = 30_000;
const UNIT_BYTES = 32;
const REPLY = 1;
const ERROR = 0;
const GENERIC_EVENT = 35; // X11/X.h
/** No reply to us is longer: pictures come through shared memory. */
const MAX_REPLY_BYTES = 65_536;

/** The server said no to one request (X11/X.h has the codes, e.g. 8 BadMatch). */
export class XRequestError extends Error {
  readonly code: number;
  constructor(code: number, major: number, minor: number) {
    super(`the X server refuses request ${major}.${minor}: error ${code}`);
    this.code = code;
  }
}

interface Waiting {
  readonly sequence: number;
  resolve(reply: Buffer): void;
  reject(error: Error): void;
}

/** A client's connection to an X server, in the server's own bytes. Its end is an event, not the end of us. */
export class XConnection {
  readonly setup: Setup;
  /** Settles when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #onEvent: Array<(code: number, event: Buffer) => void> = [];
  #waiting: Waiting[] = [];
  #bytes: Buffer;
  #sequence = 0;
  #lastId = 0;

  private constructor(socket: Socket, setup: Setup, rest: Buffer) {
    this.#socket = socket;
    this.setup = setup;
    this.#bytes = rest;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.once("close", () => this.#failAll());
    socket.on("data", (part: Buffer) => this.#receive(part));
  }

  static async open(path: string): Promise<XConnection> {
    const socket = connect({ path });
    try {
      const bytes = await sayHello(socket);
      const length = helloLength(bytes) ?? 0;
      return new XConnection(socket, parseHello(bytes.subarray(0, length)), bytes.subarray(length));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  onEvent(listener: (code: number, event: Buffer) => void): void {
    this.#onEvent.push(listener);
  }

  /** A number for a new thing of ours. */
  newId(): number {
    this.#lastId += 1;
    return this.setup.resourceBase + this.#lastId;
  }

  /** Sends a request that has no reply. */
  send(request: Buffer): void {
    this.#sequence += 1;
    this.#socket.write(request);
  }

  /** Sends a request and settles with its reply. XRequestError when the server refuses; one that is late loses us. */
  ask(request: Buffer): Promise<Buffer> {
    if (this.#socket.destroyed) return Promise.reject(gone());
    this.send(request);
    const sequence = this.#sequence & 0xffff;
    const late = setTimeout(() => this.close(), ANSWER_MS);
    return new Promise<Buffer>((resolve, reject) =>
      this.#waiting.push({ sequence, resolve, reject }),
    ).finally(() => clearTimeout(late));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(part: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? part : Buffer.concat([this.#bytes, part]);
    while (this.#bytes.length >= UNIT_BYTES) {
      const code = this.#bytes.readUInt8(0);
      const isLong = code === REPLY || (code & 0x7f) === GENERIC_EVENT;
      const length = UNIT_BYTES + (isLong ? 4 * this.#bytes.readUInt32LE(4) : 0);
      if (length > MAX_REPLY_BYTES) this.close();
      if (this.#bytes.length < length) return;
      const message = this.#bytes.subarray(0, length);
      this.#bytes = this.#bytes.subarray(length);
      this.#take(code, message);
    }
  }

  #take(code: number, message: Buffer): void {
    if (code > REPLY) {
      for (const listener of this.#onEvent) listener(code & 0x7f, message);
      return;
    }
    const sequence = message.readUInt16LE(2);
    const at = this.#waiting.findIndex((waiting) => waiting.sequence === sequence);
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (code === ERROR)
      waiting?.reject(
        new XRequestError(message.readUInt8(1), message.readUInt8(10), message.readUInt16LE(8)),
      );
    else waiting?.resolve(message);
  }

  #failAll(): void {
    for (const { reject } of this.#waiting) reject(gone());
    this.#waiting = [];
  }
}

const gone = () => new Error("the X server closed the connection");

/** Settles with the bytes from the server's answer on. */
function sayHello(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const stop = (error?: Error) => {
      clearTimeout(timer);
      socket.off("data", read).off("close", onClose);
      if (error) reject(error);
      else resolve(bytes);
    };
    const timer = setTimeout(() => stop(new Error("the X server does not answer")), ANSWER_MS);
    const onClose = () => stop(gone());
    const read = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const length = helloLength(bytes);
      if (length !== undefined && bytes.length >= length) stop();
    };
    // Stays for the connection's whole life: its end is told by "close".
    socket.on("error", (error: NodeJS.ErrnoException) =>
      stop(new Error(`the X server does not answer (${error.code})`)),
    );
    socket.on("data", read).once("close", onClose);
    socket.write(helloRequest());
  });
}
