import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { BrowserVmError } from "@browservm/contract";
import { frame, onFrames } from "./dns-frames.ts";
import { MOST_MESSAGE_BYTES } from "./dns-message.ts";

const IDLE_MS = 10_000;
const MOST_CONNECTIONS = 256;
const MOST_PER_GUEST = 8;

/** Answers one message of a guest, or leaves it unanswered. Never rejects. */
export type AnswerMessage = (
  guest: string,
  message: Buffer,
  transport: "udp" | "tcp",
) => Promise<Buffer | undefined>;

export interface DnsServerOptions {
  readonly ip: string;
  readonly port: number;
  readonly answer: AnswerMessage;
}

/** Our DNS on UDP and TCP. Who may send to it is the firewall's business; whoever does is not trusted. */
export class DnsServer implements AsyncDisposable {
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #answer: AnswerMessage;
  readonly #sockets = new Map<Socket, string>();

  private constructor({ answer }: DnsServerOptions) {
    this.#answer = answer;
    this.#udp = createSocket(
      "udp4",
      (message, { address, port }) => void this.#byUdp(message, address, port),
    );
    // A guest that is gone before its answer is no reason to end.
    this.#udp.on("error", () => {});
    this.#tcp = createServer((socket) => this.#byTcp(socket));
    // One connection that could not be taken is no reason either.
    this.#tcp.on("error", () => {});
    this.#tcp.maxConnections = MOST_CONNECTIONS;
  }

  /** EGRESS_PORT_TAKEN. */
  static async listen(options: DnsServerOptions): Promise<DnsServer> {
    const server = new DnsServer(options);
    try {
      await server.#bind(options);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw inOurWords(error, options);
    }
  }

  async #bind({ ip, port }: DnsServerOptions): Promise<void> {
    this.#udp.bind({ address: ip, port, exclusive: true });
    await once(this.#udp, "listening");
    this.#tcp.listen({ host: ip, port, exclusive: true });
    await once(this.#tcp, "listening");
  }

  async #byUdp(message: Buffer, address: string, port: number): Promise<void> {
    if (message.length > MOST_MESSAGE_BYTES) return;
    const reply = await this.#answer(address, message, "udp");
    // The socket may be closed by now; then nobody waits for it.
    if (reply) this.#udp.send(reply, port, address, () => {});
  }

  #byTcp(socket: Socket): void {
    const guest = socket.remoteAddress ?? "";
    const open = [...this.#sockets.values()].filter((one) => one === guest).length;
    if (open >= MOST_PER_GUEST) return void socket.destroy();
    this.#sockets.set(socket, guest);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    let turn = Promise.resolve();
    let waiting = 0;
    // One after the other, and no more is read meanwhile: who asks without reading waits for itself.
    onFrames(socket, (message) => {
      waiting += 1;
      socket.pause();
      turn = turn.then(async () => {
        await this.#byTurn(socket, guest, message);
        waiting -= 1;
        if (waiting === 0) socket.resume();
      });
    });
  }

  async #byTurn(socket: Socket, guest: string, message: Buffer): Promise<void> {
    if (socket.destroyed) return;
    const reply = await this.#answer(guest, message, "tcp");
    if (reply && !socket.destroyed && !socket.write(frame(reply))) await drained(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy();
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    await new Promise<void>((resolve) => {
      try {
        this.#udp.close(() => resolve());
      } catch {
        resolve(); // was never bound
      }
    });
  }
}

function inOurWords(error: unknown, { ip, port }: DnsServerOptions): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE") return error;
  const message = `another program listens on ${ip}:${port}`;
  return new BrowserVmError("EGRESS_PORT_TAKEN", message, { ip, port }, { cause: error });
}

function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once("drain", resolve).once("close", resolve);
  return promise.finally(() => socket.off("drain", resolve).off("close", resolve));
}
